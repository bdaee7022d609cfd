import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { Failure } from '../../failure.js';
import { bracket } from '../../host/bracket.js';
import { word } from '../../host/shell.js';
import { afterMarker } from '../after-marker.js';
import { lastLines, tail } from '../output.js';
import { channelStream } from './channel-stream.js';
import type { Session } from './sessions.js';

/** How long a program goes on listening to the server after its own input has ended. Seconds. */
const grace = 10;
/** How long a program tries to connect. Seconds. */
const connecting = 10;

/** The same for bash, which cannot even tell that nobody listens to itself any more. */
const bashGrace = 2;

const python = `
import os, select, socket, sys, threading
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), ${connecting})
s.settimeout(None)
sys.stdout.write(sys.argv[3] + "\\n")
sys.stdout.flush()
def send():
    while True:
        b = sys.stdin.buffer.raw.read(65536)
        if not b: break
        s.sendall(b)
    s.shutdown(socket.SHUT_WR)
    s.settimeout(${grace})
    p = select.poll()
    p.register(1, 0)
    p.poll()
    os._exit(0)
threading.Thread(target=send, daemon=True).start()
while True:
    b = s.recv(65536)
    if not b: break
    sys.stdout.buffer.write(b)
    sys.stdout.buffer.flush()
`;

const bash = `exec 3<>/dev/tcp/$1/$2 || exit 1; echo "$3"; exec 4<&0
{ cat <&4 >&3; sleep ${bashGrace}; kill $$; } & cat <&3; kill $!`;

/**
 * Programs that carry bytes between their standard streams and a TCP connection, the most faithful first: bash cannot
 * tell the server that we have no more to say, socat tells us late that the server has no more, some kinds of nc never.
 * The first two say by the marker that they are connected; of the others that is only known once bytes come.
 */
const programs: Readonly<Record<string, (address: string, port: number, marker: string) => string>> = {
  python3: (address, port, marker) => argv('python3', '-c', python, address, `${port}`, marker),
  bash: (address, port, marker) => argv('bash', '-c', bash, 'bash', address, `${port}`, marker),
  socat: (address, port, marker) =>
    `sh -c ${word(`echo ${marker}; exec ${argv('socat', `-t${grace}`, 'STDIO', `TCP:${bracket(address)}:${port},connect-timeout=${connecting}`)}`)}`,
  nc: (address, port, marker) => `sh -c ${word(`echo ${marker}; exec ${argv('nc', address, `${port}`)}`)}`,
};

const argv = (...words: readonly string[]): string => words.map(word).join(' ');

/** The exit code of a host that has none of the programs. */
const none = 90;

/**
 * What a login shell is to run. The program is looked for each time: that costs no further session, and what was found
 * missing may be there by then. Its name comes first on standard error, after the marker.
 */
function commandFor(address: string, port: number, marker: string): string {
  const each = Object.entries(programs).map(
    ([name, command]) =>
      `if command -v ${name} >/dev/null 2>&1; then echo ${name} >&2; exec ${command(address, port, marker)}; fi`,
  );
  return argv('sh', '-c', [`echo ${marker} >&2`, ...each, `exit ${none}`].join('\n'));
}

/**
 * A stream to an address as the host sees it, through a program there: for servers that forbid forwarding. What login
 * shells print before the program is no part of it.
 * @param begin gives a session with the command that it is told
 * @throws Failure `unreachable`
 */
export async function forwardByExec(
  host: string,
  { address, port }: { readonly address: string; readonly port: number },
  lost: AbortSignal,
  begin: (command: string) => Promise<Session>,
): Promise<Duplex> {
  const marker = `podstrap-begin-${randomBytes(8).toString('hex')}`;
  const { channel, lend } = await begin(commandFor(address, port, marker));
  const said = tail(4096);
  const complaints = afterMarker(marker, said.take);
  let code: number | undefined;
  let answered = false;
  // When something came last, and whether something was written since.
  let heard = performance.now();
  let isAsked = false;
  channel.stderr.on('data', complaints.take);
  channel.on('exit', (exit: number | null) => {
    code = exit ?? 1;
  });
  const why = (): Failure => {
    if (code === none) return noWay(host, address, port);
    const [program = '', ...words] = said.text().split('\n');
    return refused(
      host,
      address,
      port,
      program,
      complaints.passed() ? words.join('\n') : complaints.before(),
    );
  };
  return new Promise((resolve, reject) => {
    let connected = false;
    const stream = channelStream(channel, lost, {
      through: (sink) =>
        afterMarker(
          marker,
          (bytes) => {
            answered = true;
            heard = performance.now();
            isAsked = false;
            sink(bytes);
          },
          {
            onMore: () => stream.destroy(why()),
            onPassed: () => {
              connected = true;
              // A program that fails at once ends in the same turn, in which nobody listens to the stream yet.
              setImmediate(() => {
                stream.off('error', reject);
                resolve(stream);
              });
            },
          },
        ).take,
      verdict: () => (connected && (answered || code === 0) ? undefined : why()),
      onWrite: () => {
        isAsked = true;
      },
    });
    stream.once('error', reject);
    lend({
      idleFor: () => (!connected || isAsked || stream.readableLength > 0 ? 0 : performance.now() - heard),
      vacate: () => stream.destroy(),
    });
  });
}

const noWay = (host: string, address: string, port: number): Failure =>
  new Failure({
    kind: 'unreachable',
    doing: `connecting to ${address}:${port} from the host`,
    where: { host },
    said: `sshd forbids forwarding, and the host has none of ${Object.keys(programs).join(', ')}`,
    next: 'set `AllowTcpForwarding local` in sshd_config on the host, or install netcat there',
  });

const refused = (host: string, address: string, port: number, program: string, said: string): Failure =>
  new Failure({
    kind: 'unreachable',
    doing: `connecting to ${address}:${port} from the host with ${program || 'a program there'}`,
    where: { host },
    said: lastLines(said, 2) || 'the connection ended before it brought anything',
  });
