import { spawnSync } from 'node:child_process';
import type { RunCommand } from '../../inventory/reading/source.js';

/** Far more than ten thousand hosts take. */
const mostBytes = 32_000_000;

/** Runs a program that prints hosts: without a shell, without our terminal, and to its end, since nothing goes on without it. */
export const runListCommand: RunCommand = ([program = '', ...args], { directory, timeoutMs }) => {
  const { status, signal, stdout, stderr, error } = spawnSync(program, args, {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: mostBytes,
  });
  if (error) return { stdout: '', said: `it did not complete: ${error.message}` };
  const last = stderr.trim().split('\n').at(-1) ?? '';
  if (signal !== null) return { stdout: '', said: `it was ended by ${signal}` };
  if (status !== 0) return { stdout: '', said: `exit code ${status}${last === '' ? '' : `: ${last}`}` };
  return { stdout };
};
