import { spawn } from 'node:child_process';
import { connect as connectSocket, type Socket } from 'node:net';
import { Failure } from '../failure.js';
import type { Become } from './launch.js';
import type { Ended, RunningProcess } from './process.js';
import { runScript } from './run-script.js';
import type { SudoPassword } from './sudo-passwords.js';
import type { Transport } from './transport.js';

export interface LocalOptions {
  readonly host: string;
  readonly user: string;
  readonly become: Become;
  /** For the scripts; PATH and PODSTRAP_ROOT matter. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly password: () => SudoPassword;
}

/** The machine that podstrap itself runs on, as a host. */
export function localTransport({ host, user, become, env, password }: LocalOptions): Transport {
  const open = new Set<{ release(): void }>();
  let closed = false;
  const start = async (argv: readonly string[]): Promise<RunningProcess> => {
    if (closed) throw closedFailure(host);
    const process = startHere(host, argv, env);
    open.add(process);
    void process.ended.then(() => open.delete(process));
    return process;
  };
  return {
    host,
    exec: (request) => runScript({ host, user, become, start, password }, request),
    open: async (address, port) => {
      if (closed) throw closedFailure(host);
      const socket = await dialHere(host, address, port);
      const entry = { release: () => void socket.destroy() };
      open.add(entry);
      socket.on('close', () => open.delete(entry));
      return socket;
    },
    close: async () => {
      closed = true;
      for (const entry of open) entry.release();
    },
  };
}

/** In a session of its own, so that letting go ends everything that the script started, and Ctrl-C does not. */
function startHere(host: string, argv: readonly string[], env: LocalOptions['env']): RunningProcess {
  const child = spawn(argv[0]!, argv.slice(1), { detached: true, env: { ...env }, stdio: 'pipe' });
  let released = false;
  // A script that ends without reading all its input is no mistake.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<Ended>((resolve) => {
    child.on('error', (cause) => resolve({ lost: cannotStart(host, argv[0]!, cause) }));
    child.on('close', (code, signal) => {
      if (released) resolve({ lost: closedFailure(host) });
      else resolve(signal === null ? { code: code! } : { signal });
    });
  });
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    ended,
    release: () => {
      released = true;
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
        endGroup(child.pid);
    },
  };
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGTERM');
  } catch {
    // Already gone, or root's by way of sudo, which ends when its input does.
  }
}

function dialHere(host: string, address: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ host: address, port, noDelay: true });
    const refuse = (cause: Error) =>
      reject(
        new Failure({
          kind: 'unreachable',
          doing: `connecting to ${address}:${port} from this machine`,
          where: { host },
          said: cause.message,
          cause,
        }),
      );
    socket.once('error', refuse);
    socket.once('connect', () => {
      socket.off('error', refuse);
      // A reset later on is seen as the end of the stream by whoever reads; without a listener it would end podstrap.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

const closedFailure = (host: string): Failure =>
  new Failure({ kind: 'connection-lost', doing: 'running a script', where: { host }, said: 'closed' });

const cannotStart = (host: string, program: string, cause: Error): Failure =>
  new Failure({
    kind: 'privilege',
    doing: `starting ${program} on this machine`,
    where: { host },
    said: cause.message,
    next: program === 'sudo' ? 'run podstrap as root, or install sudo' : 'see that the PATH is right',
    cause,
  });
