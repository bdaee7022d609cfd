import { randomBytes } from 'node:crypto';
import { isGone, processIn, thisProcess } from './process-identity.js';

/** An id for the lock of this process: random, and telling on its own machine whether the process is still there. */
export const newLockId = (): string =>
  `${randomBytes(8).toString('hex')}.${Buffer.from(JSON.stringify(thisProcess())).toString('base64url')}`;

/** True when the run behind an id ran on this machine and has ended, such as by SIGKILL. */
export function isDead(id: string): boolean {
  const told = processIn(Buffer.from(id.split('.')[1] ?? '', 'base64url').toString());
  return told !== undefined && isGone(told);
}
