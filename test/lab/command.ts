import { type ChildProcess, spawn } from 'node:child_process';

/** How a command ended, whatever way that was. */
export interface Ended {
  /** Exit code; 128 + n when signal n ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly directory?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Text for its standard input; without it there is none. */
  readonly input?: string;
  /** Sees each chunk of stdout and stderr as it arrives. */
  readonly onOutput?: (text: string) => void;
  /** Called once with the running process, for those who want to signal it. */
  readonly onStart?: (process: ChildProcess) => void;
}

const signalNumbers: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** Runs a command to its end and never throws for an exit code. @throws Error when it cannot be started */
export function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: options.directory,
      env: { ...process.env, ...options.environment },
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name]?.setEncoding('utf8').on('data', (text: string) => {
        said[name] += text;
        options.onOutput?.(text);
      });
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({ code: code ?? 128 + (signalNumbers[signal ?? ''] ?? 0), ...said }),
    );
    child.stdin?.end(options.input);
    options.onStart?.(child);
  });
}

/** The standard output of a command that must succeed. @throws Error with everything that it said */
export async function output(
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const ended = await runCommand(file, args, options);
  if (ended.code !== 0)
    throw new Error(`${file} ${args.join(' ')} ended with ${ended.code}\n${ended.stdout}${ended.stderr}`);
  return ended.stdout;
}
