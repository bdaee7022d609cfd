import { setMaxListeners } from 'node:events';
import type { Duplex } from 'node:stream';
import ssh2, { type AuthHandlerMiddleware, type ConnectConfig, type ServerHostKeyAlgorithm } from 'ssh2';
import type { Failure } from '../../failure.js';
import { attempts, type KeySources } from './attempts.js';
import { handshakeTimedOut, lostFailure, type Misfortune, whyNoLogin } from './login-failures.js';
import type { Hop } from './route.js';
import { stopwatch } from './stopwatch.js';
import type { Trust } from './trust.js';

/** What every login of a run shares. */
export interface Access {
  readonly keys: KeySources;
  readonly trust: Trust;
}

/** A login to one SSH server that has succeeded. */
export interface Login {
  readonly client: ssh2.Client;
  /** Aborted when the connection ends; its reason is a Failure `connection-lost`. */
  readonly lost: AbortSignal;
  /** Ends it. Resolves when the socket is closed. Safe to call more than once. */
  close(): Promise<void>;
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

/**
 * Logs in over `socket`, which is destroyed when that fails.
 * @throws Failure `host-key`, `authentication`, `unreachable`, or the reason of `signal`
 */
export async function login(hop: Hop, socket: Duplex, access: Access, signal: AbortSignal): Promise<Login> {
  const knownTypes = await access.trust.knownTypes(hop);
  const client = new ssh2.Client();
  const lost = new AbortController();
  // Everything that goes on over this connection listens.
  setMaxListeners(0, lost.signal);
  const state: Misfortune = { stage: 'handshake', tried: [] };
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  const clock = stopwatch(hop.connectTimeoutMs);
  try {
    await new Promise<void>((ready, fail) => {
      const stop = () => fail(signal.reason as Failure);
      signal.addEventListener('abort', stop);
      if (signal.aborted) stop();
      clock.onExpired(() => fail(handshakeTimedOut(hop)));
      client.once('handshake', () => {
        state.stage = 'authentication';
      });
      client.once('ready', () => {
        state.stage = 'ready';
        signal.removeEventListener('abort', stop);
        ready();
      });
      // This listener stays for life: an error may come at any time, and one that nobody hears ends the process.
      client.on('error', (error: Error & { level?: string }) => {
        state.error = error;
        if (!goesOn(state)) fail(whyNoLogin(hop, state));
      });
      client.once('close', () => {
        fail(whyNoLogin(hop, state));
        lost.abort(lostFailure(hop, state));
      });
      client.connect({
        sock: socket as NonNullable<ConnectConfig['sock']>,
        username: hop.user,
        readyTimeout: 0,
        keepaliveInterval: 15_000,
        keepaliveCountMax: 4,
        algorithms: {
          // Group exchange makes Node check the server's prime, which blocks for seconds.
          kex: { append: [], prepend: [], remove: ['diffie-hellman-group-exchange-sha256'] },
          serverHostKey: preferring(knownTypes),
        },
        hostVerifier: (key: Buffer, verify: (trusted: boolean) => void) => {
          clock.pausedDuring(access.trust.check(hop, key)).then(
            () => verify(true),
            (refusal: Failure) => {
              state.refusal = refusal;
              verify(false);
            },
          );
        },
        authHandler: offering(hop, access, state, clock.pausedDuring),
      });
    });
  } catch (error) {
    client.destroy();
    socket.destroy();
    throw error;
  } finally {
    clock.stop();
  }
  return {
    client,
    lost: lost.signal,
    close: async () => {
      client.end();
      const impatient = setTimeout(() => socket.destroy(), farewellMs);
      await closed;
      clearTimeout(impatient);
    },
  };
}

/** ssh2 reports a key that an agent or it could not use as an error, and then tries the next one. */
const goesOn = ({ stage, error, exhausted }: Misfortune): boolean =>
  stage === 'authentication' &&
  !exhausted &&
  (error?.level === 'agent' || error?.level === 'client-authentication');

/** A server has several keys and shows the first type that we ask for: it should be one we know it by. */
function preferring(knownTypes: readonly string[]): ServerHostKeyAlgorithm[] {
  const known = (algorithm: string) =>
    knownTypes.includes(algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm);
  return [...hostKeyAlgorithms.filter(known), ...hostKeyAlgorithms.filter((algorithm) => !known(algorithm))];
}

function offering(
  hop: Hop,
  { keys }: Access,
  state: Misfortune,
  paused: <T>(work: Promise<T>) => Promise<T>,
): AuthHandlerMiddleware {
  const offers = attempts(hop, keys, (line) => state.tried.push(line));
  const giveUp = (next: Parameters<AuthHandlerMiddleware>[2]) => {
    state.exhausted = true;
    // The types lack this value: it means that there is nothing more to offer.
    next(false as never);
  };
  return (accepted: readonly string[] | null, partial, next) => {
    if (accepted) state.accepted = accepted;
    if (partial) state.partial = true;
    if (accepted && !accepted.includes('publickey')) return giveUp(next);
    paused(offers.next()).then(
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
