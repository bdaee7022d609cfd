import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { Owner } from './host-files.js';

/** What a shell of a practice host needs to know about it. */
export interface ShellHome {
  /** The same word in the environment of every process of this host, and of no other. */
  readonly mark: string;
  readonly root: string;
  /** Directories with the permitted programs, in order. */
  readonly commandDirectories: readonly string[];
  readonly shell: string;
  readonly owner: Owner | undefined;
}

/**
 * Starts `sh -c command` on a practice host: with its root in PODSTRAP_ROOT, nothing of this process's environment, and
 * as an unprivileged user when this process is root. Its process group is its own.
 */
export function startShell(home: ShellHome, command: string): ChildProcessWithoutNullStreams {
  const { root, mark, owner } = home;
  return spawn(home.shell, ['-c', command], {
    cwd: `${root}/root`,
    detached: true,
    stdio: 'pipe',
    ...(owner ? { uid: owner.uid, gid: owner.gid } : {}),
    env: {
      PATH: home.commandDirectories.join(':'),
      PODSTRAP_ROOT: root,
      PRACTICE_HOST: mark,
      HOME: `${root}/root`,
      TMPDIR: `${root}/tmp`,
      USER: 'root',
      LOGNAME: 'root',
      LANG: 'C.UTF-8',
    },
  });
}

/** Kills every process of the hosts with these marks, whatever process group it has moved to. */
export function killProcesses(marks: ReadonlySet<string>): void {
  // A process may be forking while we look, so look until nothing is left; killed ones have no environment any more.
  for (let round = 0; round < 20; round++) {
    const found = processesOf(marks);
    if (found.length === 0) return;
    for (const pid of found) kill(pid);
  }
}

function processesOf(marks: ReadonlySet<string>): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .filter((name) => marks.has(markOf(name)))
    .map(Number);
}

function markOf(pid: string): string {
  try {
    return /(?:^|\0)PRACTICE_HOST=([^\0]*)/.exec(readFileSync(`/proc/${pid}/environ`, 'latin1'))?.[1] ?? '';
  } catch {
    return '';
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself in the meantime.
  }
}
