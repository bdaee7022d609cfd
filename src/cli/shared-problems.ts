import { Failure } from '../failure.js';

/** Failures of several hosts that say the same, but for the host's own name and address. */
export interface SharedProblem {
  /** The one that is told. */
  readonly failure: Failure;
  /** All hosts that it is about; none where it is about no host. */
  readonly hosts: readonly string[];
}

/** What goes wrong on all hosts for one reason, such as a key that none of them knows, is one problem. Pure. */
export function sharedProblems(failures: readonly Failure[]): readonly SharedProblem[] {
  const groups = new Map<string, Failure[]>();
  for (const failure of failures) {
    const key = skeletonOf(failure);
    groups.set(key, [...(groups.get(key) ?? []), failure]);
  }
  return [...groups.values()].map((alike) => ({
    failure: toldOfAll(alike),
    hosts: unique(alike.map(({ where }) => where.host)),
  }));
}

/** More addresses nobody reads. */
const mostAddresses = 3;

/** The first of them, with the addresses of all where it tells its own. */
function toldOfAll(alike: readonly Failure[]): Failure {
  const [first] = alike as readonly [Failure];
  const places = unique(alike.map(placeOf));
  if (places.length < 2) return first;
  const shown = places.length > mostAddresses ? places.slice(0, mostAddresses - 1) : places.slice(0, -1);
  const last = places.length > mostAddresses ? `${places.length - shown.length} more` : places.at(-1);
  const { kind, doing, where, said, next, cause } = first;
  return new Failure({
    kind,
    doing: doing.replace(placeOf(first)!, () => `${shown.join(', ')} and ${last}`),
    where,
    ...(said === undefined ? {} : { said }),
    ...(next === undefined ? {} : { next }),
    cause,
  });
}

/** The address and port that something was done at. */
const placeOf = ({ doing }: Failure): string | undefined => /\S+:\d+/.exec(doing)?.[0];

const unique = (names: readonly (string | undefined)[]): readonly string[] =>
  [...new Set(names)].filter((name) => name !== undefined);

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
