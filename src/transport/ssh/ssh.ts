import type { Duplex } from 'node:stream';
import { Failure, LimitExceeded } from '../../failure.js';
import { bracket } from '../../host/bracket.js';
import { word } from '../../host/shell.js';
import type { Become } from '../launch.js';
import type { Ended, RunningProcess, StartProcess } from '../process.js';
import { runScript } from '../run-script.js';
import type { SudoPassword } from '../sudo-passwords.js';
import type { Transport } from '../transport.js';
import { channelStream } from './channel-stream.js';
import { type Channel, ChannelRefused, CommandRefused, type Login } from './channels.js';
import { forwardByExec } from './forward-by-exec.js';
import { typeOfKey } from './known-hosts.js';
import { sessions } from './sessions.js';

export interface SshOptions {
  readonly host: string;
  readonly user: string;
  readonly port: number;
  readonly become: Become;
  readonly password: () => SudoPassword;
}

/** A host behind a login, with one connection for everything. */
export function sshTransport({ host, user, port, become, password }: SshOptions, login: Login): Transport {
  const { run } = sessions(login);
  // A server may forbid one address only (PermitOpen). What it forbids stays so for as long as a connection lasts.
  const forbidden = new Set<string>();
  const byExec = (address: string, port: number): Promise<Duplex> =>
    run('stream', undefined, (begin) =>
      forwardByExec(host, { address, port }, login.lost, (command) => begin(command).catch(shellRefused)),
    );
  const shellRefused = (error: unknown): never => {
    if (error instanceof ChannelRefused || error instanceof CommandRefused) throw noShell(host, user, error);
    throw error;
  };
  return {
    host,
    server: { user, port, hostKey: `${typeOfKey(login.hostKey)} ${login.hostKey.toString('base64')}` },
    exec: (request) =>
      run('script', request.signal, (begin) => {
        const start: StartProcess = async (argv) => {
          const { channel } = await begin(argv.map(word).join(' ')).catch(shellRefused);
          return processOn(channel, login.lost);
        };
        return runScript({ host, user, become, start, password }, request);
      }).catch(async (error: unknown) => {
        // Nothing makes a server stop that does not want to, but that nobody listens any more.
        if (error instanceof LimitExceeded) await login.close();
        throw error;
      }),
    open: async (address, port) => {
      const place = `${bracket(address)}:${port}`;
      if (forbidden.has(place)) return byExec(address, port);
      try {
        return channelStream(await login.forward(address, port), login.lost);
      } catch (error) {
        if (!(error instanceof ChannelRefused)) throw error;
        if (!error.forbidden) throw notThere(host, address, port, error);
        forbidden.add(place);
        return byExec(address, port);
      }
    },
    close: () => login.close(),
  };
}

function processOn(channel: Channel, lost: AbortSignal): RunningProcess {
  // Writing to a script that has ended is no mistake.
  channel.on('error', () => undefined);
  const ended = new Promise<Ended>((resolve) => {
    const gone = () => resolve({ lost: lost.reason as Failure });
    lost.addEventListener('abort', gone, { once: true });
    if (lost.aborted) gone();
    const stderrRead = new Promise((done) => channel.stderr.once('close', done));
    channel.once('close', async (code?: number | null, signal?: string) => {
      await stderrRead;
      if (code === undefined) return;
      lost.removeEventListener('abort', gone);
      resolve(code === null ? { signal: signal ?? 'SIGKILL' } : { code });
    });
  });
  return { stdin: channel, stdout: channel, stderr: channel.stderr, ended, release: () => channel.close() };
}

const noShell = (host: string, user: string, cause: Error): Failure =>
  new Failure({
    kind: 'privilege',
    doing: `starting a shell as ${user}`,
    where: { host },
    said: cause.message,
    next: `see that sshd lets ${user} run commands (ForceCommand, MaxSessions, the login shell)`,
    cause,
  });

const notThere = (host: string, address: string, port: number, cause: Error): Failure =>
  new Failure({
    kind: 'unreachable',
    doing: `connecting to ${address}:${port} from the host`,
    where: { host },
    said: cause.message,
    cause,
  });
