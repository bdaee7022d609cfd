import { setMaxListeners } from 'node:events';
import type { Duplex } from 'node:stream';
import ssh2, {
  type AuthHandlerMiddleware,
  type ConnectConfig,
  type NextAuthHandler,
  type ServerHostKeyAlgorithm,
} from 'ssh2';
import type { Failure } from '../../failure.js';
import { attempts, type KeySources } from './attempts.js';
import type { Login } from './channels.js';
import { clientChannels } from './client-channels.js';
import type { Hop } from './hop.js';
import { loginTimedOut, lostFailure, type Misfortune, whyNoLogin } from './login-failures.js';
import type { Trust } from './trust.js';

/** What every login of a run shares. */
export interface Access {
  readonly keys: KeySources;
  readonly trust: Trust;
}

const hostKeyAlgorithms: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/** A server that is told to end, and does not, is left after this time. */
const farewellMs = 1000;

/** For logging in, with all that people have to type or touch for it: as long as sshd waits (LoginGraceTime). */
const graceMs = 120_000;

/**
 * Logs in over `socket`, which is destroyed when that fails.
 * @param shown types of host keys that the server has shown before and that were not the pinned one: others are asked for
 * @throws Failure `host-key`, `authentication`, `unreachable`, or the reason of `signal`
 */
export async function login(
  hop: Hop,
  socket: Duplex,
  access: Access,
  signal: AbortSignal,
  shown: readonly string[] = [],
): Promise<Login> {
  const client = new ssh2.Client();
  const lost = new AbortController();
  // Everything that goes on over this connection listens.
  setMaxListeners(0, lost.signal);
  const state: Misfortune = { stage: 'handshake', tried: [] };
  let hostKey: Buffer = Buffer.alloc(0);
  client.once('close', () => lost.abort(lostFailure(hop, state)));
  try {
    const knownTypes = await access.trust.knownTypes(hop);
    await ready(client, hop, state, signal, (deadline) =>
      client.connect({
        sock: socket as NonNullable<ConnectConfig['sock']>,
        username: hop.user,
        readyTimeout: 0,
        keepaliveInterval: 15_000,
        keepaliveCountMax: 4,
        algorithms: {
          // Group exchange makes Node check the server's prime, which blocks for seconds.
          kex: { append: [], prepend: [], remove: ['diffie-hellman-group-exchange-sha256'] },
          serverHostKey: preferring(knownTypes, shown),
        },
        hostVerifier: verifying(hop, access, state, deadline, (key) => {
          hostKey = key;
        }),
        authHandler: offering(hop, access, state),
      }),
    );
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return {
    hostKey,
    lost: lost.signal,
    ...clientChannels(client, lost.signal),
    close: () => end(client, socket, lost.signal),
  };
}

/** Sets the time at which patience ends, in milliseconds from now; none for undefined. */
type Deadline = (milliseconds: number | undefined) => void;

/** Begins, and resolves when the login has succeeded. */
async function ready(
  client: ssh2.Client,
  hop: Hop,
  state: Misfortune,
  signal: AbortSignal,
  begin: (deadline: Deadline) => void,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let stop = (): void => undefined;
  const work = new Promise<void>((resolve, reject) => {
    const deadline: Deadline = (milliseconds) => {
      clearTimeout(timer);
      if (milliseconds !== undefined)
        timer = setTimeout(() => reject(loginTimedOut(hop, milliseconds)), milliseconds);
    };
    stop = () => reject(signal.reason as Failure);
    signal.addEventListener('abort', stop);
    if (signal.aborted) return stop();
    client.once('handshake', () => {
      state.stage = 'authentication';
      deadline(graceMs);
    });
    client.once('ready', () => {
      state.stage = 'ready';
      resolve();
    });
    // This listener stays for life: an error may come at any time, and one that nobody hears ends the process.
    client.on('error', (error: Error & { level?: string }) => {
      state.error = error;
      if (!goesOn(state)) reject(whyNoLogin(hop, state));
    });
    client.once('close', () => reject(whyNoLogin(hop, state)));
    deadline(hop.connectTimeoutMs);
    begin(deadline);
  });
  return work.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  });
}

async function end(client: ssh2.Client, socket: Duplex, lost: AbortSignal): Promise<void> {
  if (lost.aborted) return;
  const closed = new Promise((resolve) => lost.addEventListener('abort', resolve, { once: true }));
  client.end();
  // Once the farewell is out, nobody waits for the host's.
  socket.once('finish', () => socket.destroy());
  const impatient = setTimeout(() => socket.destroy(), farewellMs);
  await closed;
  clearTimeout(impatient);
}

function verifying(
  hop: Hop,
  { trust }: Access,
  state: Misfortune,
  deadline: Deadline,
  trusted: (key: Buffer) => void,
) {
  return (key: Buffer, verify: (isTrusted: boolean) => void): void => {
    if (state.stage === 'handshake') deadline(undefined);
    trust.check(hop, key).then(
      () => {
        if (state.stage === 'handshake') deadline(hop.connectTimeoutMs);
        trusted(key);
        verify(true);
      },
      (refusal: Failure) => {
        state.refusal = refusal;
        verify(false);
      },
    );
  };
}

/** ssh2 reports a key that an agent or it could not use as an error, and then tries the next one. */
const goesOn = ({ stage, error, exhausted }: Misfortune): boolean =>
  stage === 'authentication' &&
  !exhausted &&
  (error?.level === 'agent' || error?.level === 'client-authentication');

/** True when there is a type of host keys that the server has not shown. */
export const hasOtherTypes = (shown: readonly string[]): boolean => preferring([], shown).length > 0;

const typeOf = (algorithm: string): string => (algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm);

/** A server has several keys and shows the first type that we ask for: it should be one we know it by. */
function preferring(knownTypes: readonly string[], shown: readonly string[]): ServerHostKeyAlgorithm[] {
  const left = hostKeyAlgorithms.filter((algorithm) => !shown.includes(typeOf(algorithm)));
  const known = (algorithm: string) => knownTypes.includes(typeOf(algorithm));
  return [...left.filter(known), ...left.filter((algorithm) => !known(algorithm))];
}

function offering(hop: Hop, { keys }: Access, state: Misfortune): AuthHandlerMiddleware {
  const offers = attempts(hop, keys, (line) => state.tried.push(line));
  const giveUp = (next: NextAuthHandler) => {
    state.exhausted = true;
    // The types lack this value: it means that there is nothing more to offer.
    next(false as never);
  };
  return (accepted: readonly string[] | null, partial, next) => {
    if (accepted) state.accepted = accepted;
    if (partial) state.partial = true;
    if (accepted && !accepted.includes('publickey')) return giveUp(next);
    offers.next().then(
      ({ value, done }) => {
        if (done) return giveUp(next);
        state.tried.push(value.label);
        next(value.method);
      },
      (refusal: Failure) => {
        state.refusal = refusal;
        giveUp(next);
      },
    );
  };
}
