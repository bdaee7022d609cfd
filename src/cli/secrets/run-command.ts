import { spawn } from 'node:child_process';
import type { Printed } from '../../inventory/static-pods/secret-commands.js';

/** Runs a program of this machine. @param limit milliseconds */
export type RunCommand = (
  command: readonly string[],
  where: { readonly directory: string; readonly limit: number },
) => Promise<Printed>;

/** More than any key or configuration has. */
const mostBytes = 1_048_576;

/**
 * Runs a program that prints a secret: without a shell and without our terminal. What it writes to its standard error may quote
 * the secret as well, so nobody sees it.
 */
export const runCommand: RunCommand = ([program = '', ...args], { directory, limit }) =>
  new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: limit,
      killSignal: 'SIGKILL',
    });
    const chunks: Buffer[] = [];
    let size = 0;
    let problem: string | undefined;
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= mostBytes) chunks.push(chunk);
      else {
        problem = 'it printed more than 1 MiB';
        child.kill('SIGKILL');
      }
    });
    child.once('error', ({ message }) => resolve({ problem: `it could not be started: ${message}` }));
    child.once('close', (code, signal) => {
      if (problem !== undefined) resolve({ problem });
      else if (signal !== null)
        resolve({ problem: `it was ended by ${signal}, at the latest after ${limit / 1000} s` });
      else if (code !== 0) resolve({ problem: `it ended with exit code ${code}` });
      else resolve(readText(Buffer.concat(chunks)));
    });
  });

function readText(bytes: Buffer): Printed {
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? { text } : { problem: 'it printed bytes that are not text' };
}
