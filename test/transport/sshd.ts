import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** A real OpenSSH server on 127.0.0.1 with keys and settings of its own. */
export interface Sshd {
  readonly directory: string;
  readonly port: number;
  readonly user: string;
  /** Private key that it accepts. */
  readonly identityFile: string;
  /** Its host keys as known_hosts writes them, `type base64`. */
  readonly hostKeys: readonly string[];
  /** Ends the processes of all open connections, as a crash would. */
  cut(): void;
  /** What it has logged so far. */
  log(): string;
  stop(): Promise<void>;
}

export interface SshdOptions {
  /** Further lines of sshd_config. */
  readonly settings?: readonly string[];
  readonly hostKeyTypes?: readonly ('ed25519' | 'ecdsa' | 'rsa')[];
  /** Variables that the server gives to every session. */
  readonly environment?: Readonly<Record<string, string>>;
}

const program = '/usr/sbin/sshd';

export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const { settings = [], hostKeyTypes = ['ed25519', 'ecdsa'], environment = {} } = options;
  const directory = mkdtempSync(join(tmpdir(), 'podstrap-sshd-'));
  const user = userInfo().username;
  const identityFile = makeKey(join(directory, 'id_ed25519'));
  writeFileSync(join(directory, 'authorized_keys'), readFileSync(`${identityFile}.pub`));
  const keys = hostKeyTypes.map((type) => makeKey(join(directory, `host_${type}`), type));
  const port = await freePort();
  // An empty home: what the user's own .bashrc does is not what is tested.
  const set = Object.entries({ HOME: directory, ...environment }).map(
    ([name, value]) => `"${name}=${value}"`,
  );
  writeFileSync(
    join(directory, 'sshd_config'),
    [
      ...settings,
      `ListenAddress 127.0.0.1:${port}`,
      ...keys.map((key) => `HostKey ${key}`),
      `AuthorizedKeysFile ${join(directory, 'authorized_keys')}`,
      `PidFile ${join(directory, 'pid')}`,
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin yes',
      'LogLevel VERBOSE',
      `SetEnv ${set.join(' ')}`,
      '',
    ].join('\n'),
  );
  // As root, sshd insists on this directory; it is empty and everyone else's sshd makes it too.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const log = join(directory, 'log');
  const child = spawn(program, ['-D', '-e', '-f', join(directory, 'sshd_config'), '-E', log], {
    stdio: 'ignore',
  });
  await answering(port, child, log);
  return {
    directory,
    port,
    user,
    identityFile,
    hostKeys: keys.map((key) => readFileSync(`${key}.pub`, 'utf8').split(' ').slice(0, 2).join(' ')),
    cut: () => {
      for (const pid of descendants(child.pid!)) kill(pid);
    },
    log: () => readFileSync(log, 'utf8'),
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode === null && child.kill('SIGTERM')) await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Ends a process that may have ended by itself since it was seen, as those of a cut connection do. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** sshd's own processes below `pid`; the shells that they started are left alone. */
function descendants(pid: number): number[] {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const [, of, parent] = /^\d+ \((.*)\) \S (\d+)/.exec(statOf(name)) ?? [];
      return of?.startsWith('sshd') ? [{ pid: Number(name), parent: Number(parent) }] : [];
    });
  const below = (of: number): number[] =>
    processes.filter(({ parent }) => parent === of).flatMap((each) => [each.pid, ...below(each.pid)]);
  return below(pid);
}

function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return '';
  }
}

/** @returns `path` */
export function makeKey(path: string, type = 'ed25519', passphrase = ''): string {
  const size = type === 'rsa' ? ['-b', '2048'] : [];
  execFileSync('ssh-keygen', ['-q', '-t', type, ...size, '-N', passphrase, '-C', `test ${type}`, '-f', path]);
  return path;
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address() as { port: number };
      server.close(() => resolve(address.port));
    });
  });
}

async function answering(port: number, child: ChildProcess, log: string): Promise<void> {
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`sshd ended: ${readFileSync(log, 'utf8')}`);
  }
}

/** Whether a banner comes; paced by the connection itself. */
const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => setTimeout(() => resolve(false), 20));
  });
