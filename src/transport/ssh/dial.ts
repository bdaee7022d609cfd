import { connect, type Socket } from 'node:net';
import { Failure } from '../../failure.js';
import { bracket } from '../../host/bracket.js';
import type { Hop } from './hop.js';

/** What an operating system calls the reasons for which nobody can be reached, and what to do about each. */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: is sshd running, and is ssh.port right?',
  ETIMEDOUT: 'is the machine on, is the address right, and does a firewall stand in between?',
  EHOSTUNREACH: 'there is no route to that address: is the machine on, and are you in its network?',
  ENETUNREACH: 'there is no route to that network: are you connected to it?',
  ENOTFOUND: 'no such name: correct `address` in the inventory, or write an IP address',
  EAI_AGAIN: 'the name server did not answer: see that this machine can resolve names',
};

/** Worth one more try: what answered, or did not, may have been overloaded. */
const passing = new Set(['ETIMEDOUT', 'ECONNRESET', 'EPIPE']);

/** A connection could not be made. `passing`: it may go better the next time. */
export class Unreachable extends Failure {
  readonly passing: boolean;

  constructor(
    hop: Hop,
    cause: NodeJS.ErrnoException | undefined,
    said: string,
    passes: boolean,
    next?: string,
  ) {
    super({
      kind: 'unreachable',
      doing: `connecting to ${bracket(hop.address)}:${hop.port}`,
      where: { host: hop.label },
      said,
      next:
        next ??
        reasons[cause?.code ?? 'ETIMEDOUT'] ??
        `try \`ssh -p ${hop.port} ${hop.user}@${hop.address} true\``,
      cause,
    });
    this.passing = passes;
  }
}

/**
 * A TCP connection without Nagle's delay: ssh2 sends each message in pieces, and each would wait 40 ms otherwise.
 * @throws Unreachable
 */
export function dial(hop: Hop, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: hop.address,
      port: hop.port,
      noDelay: true,
      keepAlive: true,
      ...(hop.family === undefined ? {} : { family: hop.family }),
    });
    const settle = (failure?: Failure) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      socket.off('error', fail);
      if (!failure) return resolve(socket);
      socket.on('error', () => undefined);
      socket.destroy();
      reject(failure);
    };
    const stop = () => settle(signal.reason as Failure);
    const fail = (cause: NodeJS.ErrnoException) => settle(refused(hop, cause));
    const timer = setTimeout(() => settle(timedOut(hop)), hop.connectTimeoutMs);
    signal.addEventListener('abort', stop);
    socket.once('connect', () => settle());
    socket.once('error', fail);
  });
}

export const timedOut = (hop: Hop): Unreachable =>
  new Unreachable(hop, undefined, `no answer within ${hop.connectTimeoutMs / 1000} s`, true);

function refused(hop: Hop, cause: NodeJS.ErrnoException): Unreachable {
  // A name with several addresses gives one error for each.
  const each = cause instanceof AggregateError ? (cause.errors as NodeJS.ErrnoException[]) : [cause];
  const said = each.map(({ message }) => message).join('; ');
  return new Unreachable(hop, each[0], said, passing.has(each[0]?.code ?? ''));
}
