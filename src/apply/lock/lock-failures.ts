import { Failure } from '../../failure.js';
import { paths } from '../../host/paths.js';
import type { Transport } from '../../transport/transport.js';
import { type HeldLock, holderText, lockLifetime } from './lock-script.js';

export const isMajority = (count: number, controlPlanes: readonly string[]): boolean =>
  count > controlPlanes.length / 2;

/** @throws Failure `unreachable` when a lock cannot be taken on more than half of the control planes */
export function requireMajority(transports: readonly Transport[], controlPlanes: readonly string[]): void {
  const missing = controlPlanes.filter((name) => !transports.some(({ host }) => host === name));
  const had = controlPlanes.length - missing.length;
  if (isMajority(had, controlPlanes)) return;
  throw new Failure({
    kind: 'unreachable',
    doing: 'Taking the lock',
    said: `it needs more than half of the ${controlPlanes.length} control planes, and ${had} can be reached; missing: ${missing.join(', ')}`,
    next: 'Another operator may be at work on those that you do not reach. Bring them back, or run podstrap from where they can be reached. Nothing was changed.',
  });
}

export function inOtherHands(held: readonly HeldLock[]): Failure {
  const [first] = held as [HeldLock];
  const also = held.slice(1).map(({ host }) => host);
  return new Failure({
    kind: 'locked',
    doing: 'Taking the lock',
    where: { host: first.host },
    said: `${holderText(first)}${also.length === 0 ? '' : ` (also on ${also.join(', ')})`}`,
    next: `Wait for that run to end. If it is dead, its lock expires ${lockLifetime} s after its last heartbeat, or is removed at once by \`podstrap unlock --force\`.`,
  });
}

export const contradicted = (held: HeldLock, controlPlanes: readonly string[]): Failure =>
  new Failure({
    kind: 'locked',
    doing: 'Taking the lock',
    where: { host: held.host },
    said: `this host’s own lock says: ${holderText(held)}; most of the ${controlPlanes.length} control planes granted it to this run`,
    next: 'Nothing is changed there. If a run is working on that host, wait until it ends; if none is, remove its lock with `podstrap unlock`. If that happens again, somebody else may control that host.',
  });

export const notWritten = (host: string, code: number, stderr: string): Failure =>
  new Failure({
    kind: 'apply',
    doing: 'Writing the lock',
    where: { host },
    said: `exit code ${code}: ${stderr}`,
    next: /No space left on device/.test(stderr)
      ? `Free some space on the file system of ${paths.podstrap} (\`df -h\`, \`df -i\`), then run the same command again. Nothing was changed.`
      : `Check that root can write ${paths.podstrap} on that host, then run the same command again. Nothing was changed.`,
  });

/** Of a host that stands for itself. */
export const heldByAnother = (held: HeldLock): Failure =>
  new Failure({
    kind: 'locked',
    doing: 'Taking the lock',
    where: { host: held.host },
    said: holderText(held),
    next: `Nothing is changed there. Run the same command again when that run has ended. If it is dead, its lock expires ${lockLifetime} s after its last heartbeat, or is removed at once by \`podstrap unlock --force\`.`,
  });
