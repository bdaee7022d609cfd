import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { Failure } from '../../failure.js';

/** The first release that can ask us about a host's key (KnownHostsCommand) and about secrets (SSH_ASKPASS_REQUIRE). */
const oldest = [8, 5] as const;

/** How a program of OpenSSH's ended. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** @throws NodeJS.ErrnoException when there is no such program */
export async function runProgram(
  program: string,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  signal?: AbortSignal,
): Promise<Ran> {
  const child = spawn(program, argv, { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const stop = () => void child.kill('SIGTERM');
  signal?.addEventListener('abort', stop);
  try {
    const ended = new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? 1));
    });
    const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
    return { code, stdout, stderr };
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/**
 * Sees that the machine's own `ssh` is there and new enough.
 * @throws Failure `usage`
 */
export async function requireOpenssh(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const told = await runProgram('ssh', ['-V'], env).catch((cause: NodeJS.ErrnoException) => {
    throw unfit(cause.code === 'ENOENT' ? 'there is no program `ssh` in the PATH' : cause.message, cause);
  });
  const said = `${told.stderr}${told.stdout}`.trim();
  const [, major, minor] = /OpenSSH_(\d+)\.(\d+)/.exec(said) ?? [];
  if (major === undefined)
    throw unfit(`it is not OpenSSH: \`ssh -V\` says ${JSON.stringify(said.slice(0, 80))}`);
  const isOlder = Number(major) < oldest[0] || (Number(major) === oldest[0] && Number(minor) < oldest[1]);
  if (isOlder)
    throw unfit(`it is OpenSSH ${major}.${minor}, and ${oldest.join('.')} is the oldest that will do`);
}

const unfit = (said: string, cause?: unknown): Failure =>
  new Failure({
    kind: 'usage',
    doing: 'looking at the program ssh, which `ssh.client: openssh` wants',
    said,
    next: `install OpenSSH ${oldest.join('.')} or newer on this machine, or take \`client: openssh\` out of the inventory`,
    cause,
  });
