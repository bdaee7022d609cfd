import type { Failure } from '../failure.js';

/** Failures of several hosts that say the same, but for the host's own name and address. */
export interface SharedProblem {
  /** The one that is told. */
  readonly failure: Failure;
  /** All hosts that it is about; none where it is about no host. */
  readonly hosts: readonly string[];
}

/** What goes wrong on all hosts for one reason, such as a key that none of them knows, is one problem. Pure. */
export function sharedProblems(failures: readonly Failure[]): readonly SharedProblem[] {
  const groups = new Map<string, { failure: Failure; hosts: string[] }>();
  for (const failure of failures) {
    const { host } = failure.where;
    const key = skeletonOf(failure);
    const group = groups.get(key) ?? { failure, hosts: [] };
    groups.set(key, group);
    if (host !== undefined && !group.hosts.includes(host)) group.hosts.push(host);
  }
  return [...groups.values()];
}

/** What a failure says, without what is the host's own: its name, and the address and port that it was dealt with at. */
function skeletonOf({ kind, doing, where, said = '', next = '' }: Failure): string {
  const [, address, port] = /(\S+):(\d+)/.exec(doing) ?? [];
  const own = [address, port, where.host].filter((part) => part !== undefined && part !== '') as string[];
  const texts = [kind, doing, where.phase, where.step, said, next].map((text = '') =>
    own.reduce((rest, part) => rest.replace(wordOf(part), '<>'), text),
  );
  return JSON.stringify(texts);
}

/** The text where it stands alone: a port is no part of a longer number, nor `cp-1` of `cp-10`. */
const wordOf = (text: string): RegExp =>
  new RegExp(`(?<![\\w.-])${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w-])`, 'g');
