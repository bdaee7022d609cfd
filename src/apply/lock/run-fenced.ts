import { Failure } from '../../failure.js';
import type { Exec, ExecResult, Transport } from '../../transport/transport.js';
import { reportedOwner } from '../reports.js';
import { fence, lockLostCode } from '../scripts/fence.js';
import { lockLimitMs } from './lock-script.js';

/** What a fenced script is for, should it fail. */
export interface Errand {
  readonly doing: string;
  readonly phase?: string;
  /** What to do next; default: look at the host, run `up` again. */
  readonly next?: string;
}

/**
 * Runs a script that stands behind the fence of the lock.
 * @returns what it printed
 * @throws Failure `apply` when it failed, `locked` when another run holds the host, `connection-lost`
 */
export async function runFenced(transport: Transport, request: Exec, errand: Errand): Promise<string> {
  return judgeFenced(transport.host, await transport.exec(request), errand);
}

/** What a script that stands behind the fence printed. @throws Failure as runFenced does when it failed */
export function judgeFenced(
  host: string,
  { code, stdout, stderr }: ExecResult,
  { doing, phase, next }: Errand,
): string {
  if (code === 0) return stdout;
  const owner = reportedOwner(stdout);
  if (code === lockLostCode && owner !== undefined) throw lockLost(host, owner);
  throw new Failure({
    kind: 'apply',
    doing,
    where: { host, ...(phase === undefined ? {} : { phase }) },
    said: `exit code ${code}: ${lastLines(stderr, 6)}`,
    next: next ?? 'Fix the cause on the host, then run `podstrap up` again: it continues from there.',
  });
}

/** Makes sure that this run still has the lock, before what no script on a host does. @throws Failure `locked` */
export async function requireLock(transport: Transport, lockId: string): Promise<void> {
  const request = { script: fence(lockId), timeoutMs: lockLimitMs };
  await runFenced(transport, request, { doing: 'Looking at the lock' });
}

/** The failure of a run whose lock on a host is gone: somebody took it over. */
export const lockLost = (host: string, owner: string): Failure =>
  new Failure({
    kind: 'locked',
    doing: 'Changing the host',
    where: { host },
    said: owner === '' ? 'the lock of this run is no longer there' : `the lock now belongs to ${owner}`,
    next: 'Nothing more was changed. See who holds it with `podstrap status`, then run the same command again.',
  });

export const lastLines = (text: string, count: number): string =>
  text.trimEnd().split('\n').slice(-count).join('\n');
