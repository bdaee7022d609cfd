import { setMaxListeners } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Failure } from '../../failure.js';
import { type Channel, ChannelRefused, CommandRefused, type Login } from '../ssh/channels.js';
import { framed, reader, string, uint32 } from '../ssh/wire.js';
import { MuxChannel, message, ourWindow, type Send } from './mux-channel.js';

/** Messages to a master and from it; https://cvsweb.openbsd.org/src/usr.bin/ssh/PROTOCOL.mux */
const mux = {
  hello: 0x00000001,
  terminate: 0x10000005,
  proxy: 0x1000000f,
  proxied: 0x8000000f,
} as const;

const version = 4;

/** The longest data of one message that RFC 4254 lets everybody send. */
const packet = 32 * 1024;

/** A master that is told to end, and does not, is left after this time: it ends by itself. Milliseconds. */
const farewellMs = 1000;

/** What becomes of a channel that is asked for. */
interface Opening {
  readonly resolve: (channel: MuxChannel) => void;
  readonly reject: (error: Error) => void;
}

/** The connection of a master, as one of those who share it. */
export type MuxConnection = Omit<Login, 'hostKey'>;

/**
 * Joins a master at its socket. From then on the socket carries the messages of SSH's own connection protocol, so that
 * scripts and streams cost no process, and refusals come with the server's reason. The master stays for as long as the
 * socket is open, and a master that dies closes it.
 *
 * @param lostTo the failure for a connection that ended
 * @throws what connecting to the socket throws
 */
export async function joinMaster(path: string, lostTo: () => Failure): Promise<MuxConnection> {
  const socket = await dialed(path);
  const lost = new AbortController();
  // Everything that goes on over this connection listens.
  setMaxListeners(0, lost.signal);
  const channels = new Map<number, MuxChannel>();
  const openings = new Map<number, Opening>();
  let next = 0;
  const send: Send = (type, parts, sent) => {
    if (!socket.writable) return sent?.();
    const body = Buffer.concat([Buffer.from([0, type]), ...parts]);
    socket.write(string(body), () => sent?.());
  };
  const open = (type: string, details: Buffer): Promise<MuxChannel> =>
    new Promise((resolve, reject) => {
      if (lost.signal.aborted) return reject(lost.signal.reason as Failure);
      const id = next++;
      openings.set(id, { resolve, reject });
      send(message.open, [string(type), uint32(id, ourWindow, packet), details]);
    });
  const taken = (bytes: Buffer): void => {
    const body = reader(bytes);
    body.byte();
    const type = body.byte();
    if (type < message.open) return;
    const id = body.uint32();
    if (type === message.opened) {
      const channel = new MuxChannel(
        { id: body.uint32(), window: body.uint32(), packet: Math.min(packet, body.uint32()) },
        send,
      );
      channels.set(id, channel);
      openings.get(id)?.resolve(channel);
      openings.delete(id);
    } else if (type === message.openFailed) {
      const reason = body.uint32();
      openings.get(id)?.reject(new ChannelRefused(body.string().toString('utf8') || 'open failed', reason));
      openings.delete(id);
    } else if (channels.get(id)?.hear(type, body)) channels.delete(id);
  };
  const over = () => {
    if (lost.signal.aborted) return;
    lost.abort(lostTo());
    for (const { reject } of openings.values()) reject(lost.signal.reason as Failure);
    for (const channel of channels.values()) channel.abandon();
    openings.clear();
    channels.clear();
  };
  socket.on('error', () => socket.destroy());
  socket.once('close', over);
  await proxied(socket, taken);
  return {
    lost: lost.signal,
    command: async (command) => {
      const channel = await open('session', Buffer.alloc(0));
      if (await channel.request('exec', string(command))) return channel;
      channel.close();
      if (lost.signal.aborted) throw lost.signal.reason;
      throw new CommandRefused('the server refused to run a command');
    },
    forward: (address, port): Promise<Channel> =>
      open('direct-tcpip', Buffer.concat([string(address), uint32(port), string('127.0.0.1'), uint32(0)])),
    close: async () => {
      if (lost.signal.aborted) return;
      const closed = new Promise((resolve) => socket.once('close', resolve));
      const impatient = setTimeout(() => socket.destroy(), farewellMs);
      await endMaster(path);
      await closed;
      clearTimeout(impatient);
    },
  };
}

function dialed(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** Asks the master to pass messages on, and gives them to `take` from then on. */
function proxied(socket: Socket, take: (message: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let isProxy = false;
    const cut = framed((bytes) => {
      if (isProxy) return take(bytes);
      const type = reader(bytes).uint32();
      if (type === mux.hello) return;
      if (type !== mux.proxied) return void socket.destroy();
      isProxy = true;
      resolve();
    });
    socket.once('close', () => reject(new Error('the master closed its control socket')));
    socket.on('data', (bytes: Buffer) => {
      try {
        cut(bytes);
      } catch {
        // No master speaks like this: whatever it is, it is no way to a host.
        socket.destroy();
      }
    });
    socket.write(Buffer.concat([framedHello, string(uint32(mux.proxy, 0))]));
  });
}

const framedHello = string(uint32(mux.hello, version));

/** Tells the master to end. Comes back at once where there is none any more. */
async function endMaster(path: string): Promise<void> {
  try {
    const socket = await dialed(path);
    socket.on('error', () => undefined);
    // The master closes it when it ends.
    socket.write(Buffer.concat([framedHello, string(uint32(mux.terminate, 0))]));
    socket.resume();
    socket.unref();
  } catch {
    // It is gone, or ends by itself once we are.
  }
}
