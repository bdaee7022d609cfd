import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

/** A process, told from another one that gets its number later, and from one of another machine. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** When the process started, in the kernel's words; empty where the kernel does not tell. */
  readonly started: string;
}

export const thisProcess = (): ProcessIdentity => ({
  pid: process.pid,
  host: hostname(),
  started: startOf(process.pid),
});

const form = z.object({ pid: z.int().positive(), host: z.string(), started: z.string() });

/** The process that a text names; undefined for anything else that may stand there. */
export function processIn(text: string | undefined): ProcessIdentity | undefined {
  try {
    return text === undefined ? undefined : form.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** True only when that process is known to have ended: one of another machine never is. */
export function isGone(identity: ProcessIdentity): boolean {
  if (identity.host !== hostname()) return false;
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true;
  }
  return identity.started !== startOf(identity.pid);
}

/** Boot and clock tick of a process's start, from /proc; empty where there is none. */
function startOf(pid: number): string {
  const boot = read('/proc/sys/kernel/random/boot_id')?.trim();
  // The process's name, in parentheses, may hold anything; start time is field 22, the 20th behind it.
  const tick = read(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, '')
    .split(' ')[19];
  return boot === undefined || tick === undefined ? '' : `${boot} ${tick}`;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
