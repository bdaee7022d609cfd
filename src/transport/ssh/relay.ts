import type { Duplex } from 'node:stream';
import { Failure } from '../../failure.js';
import { bracket } from '../../host/bracket.js';
import { word } from '../../host/shell.js';
import { lastLines, tail } from '../output.js';
import { channelStream } from './channel-stream.js';
import { commandChannel } from './channels.js';
import type { Login } from './login.js';

/** How long a program goes on listening to the server after its own input has ended. Seconds. */
const grace = 10;

const python = `
import socket, sys, threading
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
def send():
    while True:
        b = sys.stdin.buffer.raw.read(65536)
        if not b: break
        s.sendall(b)
    s.shutdown(socket.SHUT_WR)
    s.settimeout(${grace})
threading.Thread(target=send, daemon=True).start()
while True:
    b = s.recv(65536)
    if not b: break
    sys.stdout.buffer.write(b)
    sys.stdout.buffer.flush()
`;

const bash = (address: string, port: number): string =>
  `exec 3<>/dev/tcp/${address}/${port} || exit 1; exec 4<&0
{ cat <&4 >&3; sleep ${grace}; kill $$; } & cat <&3; kill $!`;

/**
 * Programs that carry bytes between their standard streams and a TCP connection, the most faithful first: bash cannot
 * tell the server that we have no more to say, socat tells us late that the server has no more, some kinds of nc never.
 */
const programs = {
  python3: (address: string, port: number) => ['python3', '-c', python, address, String(port)],
  bash: (address: string, port: number) => ['bash', '-c', bash(address, port)],
  socat: (address: string, port: number) => [
    'socat',
    `-t${grace}`,
    'STDIO',
    `TCP:${bracket(address)}:${port}`,
  ],
  nc: (address: string, port: number) => ['nc', address, String(port)],
} as const;

type Program = keyof typeof programs;

/** Opens a stream through a program on the host, for servers that forbid forwarding. @throws Failure `unreachable` */
export type Relay = (address: string, port: number) => Promise<Duplex>;

export function relay(host: string, login: Login): Relay {
  let program: Promise<Program | undefined> | undefined;
  return async (address, port) => {
    program ??= findProgram(login);
    const name = await program;
    if (name === undefined) throw noWay(host, address, port);
    const channel = await commandChannel(login, programs[name](address, port).map(word).join(' '));
    const said = tail(4096);
    let answered = false;
    let code: number | undefined;
    channel.stderr.on('data', said.take);
    channel.once('data', () => {
      answered = true;
    });
    channel.on('exit', (exit: number | null) => {
      code = exit ?? 1;
    });
    return channelStream(channel, login.lost, () =>
      answered || code === 0 ? undefined : refused(host, address, port, name, said.text()),
    );
  };
}

async function findProgram(login: Login): Promise<Program | undefined> {
  const names = Object.keys(programs).join(' ');
  const script = `for p in ${names}; do command -v $p >/dev/null 2>&1 && echo $p && break; done`;
  const channel = await commandChannel(login, `sh -c ${word(script)}`);
  const output = tail(1024);
  channel.on('data', output.take);
  channel.stderr.resume();
  channel.end();
  await new Promise((resolve) => channel.once('close', resolve));
  const found = lastLines(output.text(), 1);
  return found in programs ? (found as Program) : undefined;
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
    doing: `connecting to ${address}:${port} from the host with ${program}`,
    where: { host },
    said: lastLines(said, 2) || 'the connection ended before it brought anything',
  });
