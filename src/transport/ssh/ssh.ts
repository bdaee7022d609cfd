import type { Duplex } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import { Failure, LimitExceeded } from '../../failure.js';
import { word } from '../../host/shell.js';
import { lanes } from '../../lanes.js';
import type { Become } from '../launch.js';
import type { Ended, RunningProcess } from '../process.js';
import { runScript } from '../run-script.js';
import type { SudoPassword } from '../sudo-passwords.js';
import type { Transport } from '../transport.js';
import { channelStream } from './channel-stream.js';
import { ChannelRefused, CommandRefused, commandChannel, forwardChannel } from './channels.js';
import { typeOfKey } from './known-hosts.js';
import type { Login } from './login.js';
import { relay } from './relay.js';

export interface SshOptions {
  readonly host: string;
  readonly user: string;
  readonly port: number;
  readonly become: Become;
  readonly password: () => SudoPassword;
}

/** sshd takes ten sessions (MaxSessions), but is late to notice that one has ended: from six on it refuses some. */
const sessions = 4;

/** First and longest pause before a session that was refused is asked for again, and how often. Milliseconds. */
const again = { first: 5, longest: 250, times: 40 };

/** A host behind a login, with one connection for everything. */
export function sshTransport({ host, user, port, become, password }: SshOptions, login: Login): Transport {
  const lane = lanes(sessions);
  const relayed = relay(host, login);
  let forwardingForbidden = false;
  const start = async (argv: readonly string[]): Promise<RunningProcess> =>
    processOn(await session(host, user, login, argv.map(word).join(' ')), login.lost);
  const forwarded = async (address: string, port: number): Promise<Duplex> =>
    channelStream(await forwardChannel(login, address, port), login.lost);
  return {
    host,
    server: { user, port, hostKey: `${typeOfKey(login.hostKey)} ${login.hostKey.toString('base64')}` },
    exec: (request) =>
      lane(() => runScript({ host, user, become, start, password }, request)).catch(
        async (error: unknown) => {
          // Nothing makes a server stop that does not want to, but that nobody listens any more.
          if (error instanceof LimitExceeded) await login.close();
          throw error;
        },
      ),
    open: async (address, port) => {
      if (forwardingForbidden) return relayed(address, port);
      try {
        return await forwarded(address, port);
      } catch (error) {
        if (!(error instanceof ChannelRefused)) throw error;
        if (!error.forbidden) throw notThere(host, address, port, error);
        forwardingForbidden = true;
        return relayed(address, port);
      }
    },
    close: () => login.close(),
  };
}

async function session(host: string, user: string, login: Login, command: string): Promise<ClientChannel> {
  for (let time = 0; ; time += 1)
    try {
      return await commandChannel(login, command);
    } catch (error) {
      const final = time === again.times || !(error instanceof ChannelRefused) || error.forbidden;
      if (final && (error instanceof ChannelRefused || error instanceof CommandRefused))
        throw noShell(host, user, error);
      if (final) throw error;
      const pause = Math.min(again.longest, again.first * 2 ** time);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
}

function processOn(channel: ClientChannel, lost: AbortSignal): RunningProcess {
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
