import { Failure } from '../failure.js';
import { controlPlanes } from '../inventory/inventory.js';
import { agree, type Saying } from '../plan/agree.js';
import type { Session } from './session.js';

/** Something that the operator's own machine does not know, and control planes may. */
export interface Hearsay<T> {
  /** What it is, such as `the cluster’s record`. */
  readonly what: string;
  /** What is going on, for failures. */
  readonly doing: string;
  readonly said: readonly Saying<T>[];
  /** Host → why what lies there does not count. */
  readonly unsound: ReadonlyMap<string, string>;
  /** For the operator to read before the answer. */
  shown(value: T): string;
  /** False where a majority is enough; one control plane is none. */
  readonly asksAlways: boolean;
}

/**
 * What is not known on the operator's machine, and comes from hosts, is believed only so: more than half of all control
 * planes of the inventory say the same, or the operator vouches for it, by its digest or when asked. Nothing that a single
 * host says goes any further than a question.
 * @returns undefined where no control plane says anything
 * @throws Failure `refused` when they are divided; whatever `session.vouching.ask` throws
 */
export async function believe<T>(
  { inventory, vouching }: Pick<Session, 'inventory' | 'vouching'>,
  hearsay: Hearsay<T>,
): Promise<T | undefined> {
  const { what, doing, said, unsound, shown, asksAlways } = hearsay;
  const listed = controlPlanes(inventory).map(({ name }) => name);
  const found = agree(listed, said, vouching.accepted);
  if (found.is === 'divided') throw divided(hearsay, listed);
  if (found.is === 'silent') {
    if (unsound.size > 0) throw divided(hearsay, listed);
    return undefined;
  }
  const { digest, value, hosts } = found;
  if (vouching.accepted.includes(digest)) return value;
  if (asksAlways || listed.length === 1)
    await vouching.ask({ what, doing, digest, hosts, of: listed.length, shown: shown(value) });
  return value;
}

const divided = <T>({ what, doing, said, unsound }: Hearsay<T>, listed: readonly string[]): Failure => {
  const told = listed.map((name) => {
    const one = said.find(({ host }) => host === name);
    return `${name}: ${one?.digest ?? unsound.get(name) ?? 'says nothing'}`;
  });
  return new Failure({
    kind: 'refused',
    doing,
    said: `this machine does not have ${what}, and fewer than half of the control planes say the same:\n${told.join('\n')}`,
    next: 'Nothing was changed. Put back `.podstrap/` as it was from a backup, or bring back the control planes that are missing. If you know from elsewhere which one is right: the same command with `--accept-record DIGEST`.',
  });
};
