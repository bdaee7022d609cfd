import { type Lanes, lanes } from '../../lanes.js';
import type { Login } from './channels.js';
import { Unreachable } from './dial.js';
import type { Hop } from './hop.js';
import { hasOtherTypes } from './login.js';
import { NoAgreement } from './login-failures.js';
import { NotThatKey } from './trust.js';

/** The server through which another one is reached. */
export interface Via {
  readonly hop: Hop;
  readonly login: Login;
}

/**
 * Logs in to one server.
 * @param shown types of host keys that the server has shown before and that were not the pinned one: others are asked for
 * @throws Failure `unreachable`, `authentication`, `host-key`, `usage`, or the reason of the run's signal
 */
export type LogIn = (hop: Hop, shown: readonly string[], via?: Via) => Promise<Login>;

/** Connections of a run. Jump hosts are logged in to once, for all hosts behind them. */
export interface Ways {
  /** @throws Failure `unreachable`, `authentication`, `host-key`, or the reason of `signal` */
  to(route: readonly Hop[]): Promise<Login>;
}

/**
 * Logins that one server may have pending: sshd drops some when there are ten (MaxStartups 10:30:100), and on a busy
 * machine it counts some that have succeeded a moment ago.
 */
const atOneServer = 5;

/** Before the second try at what an overloaded server or network did not answer. */
const pauseMs = 300;

interface Shared {
  readonly login: Promise<Login>;
  users: number;
}

export function ways(logIn: LogIn): Ways {
  const servers = new Map<string, Lanes>();
  const jumps = new Map<string, Shared>();
  const ration = (key: string): Lanes => {
    const found = servers.get(key) ?? lanes(atOneServer);
    servers.set(key, found);
    return found;
  };
  const leave = async (key: string, shared: Shared): Promise<void> => {
    shared.users -= 1;
    if (shared.users > 0) return;
    if (jumps.get(key) === shared) jumps.delete(key);
    await shared.login.then((jump) => jump.close()).catch(() => undefined);
  };
  const borrow = async (hops: readonly Hop[]): Promise<Login> => {
    const key = keyOf(hops);
    const shared = jumps.get(key) ?? { login: to(hops), users: 0 };
    jumps.set(key, shared);
    shared.users += 1;
    try {
      const jump = await shared.login;
      // Those who come later get a new connection; those who are on this one find out by themselves.
      jump.lost.addEventListener('abort', () => jumps.get(key) === shared && jumps.delete(key), {
        once: true,
      });
      return { ...jump, close: () => leave(key, shared) };
    } catch (error) {
      await leave(key, shared);
      throw error;
    }
  };
  const through = async (before: readonly Hop[], hop: Hop): Promise<Login> => {
    const jump = await borrow(before);
    try {
      const inner = await withPinned((shown) => logIn(hop, shown, { hop: before.at(-1)!, login: jump }));
      // A host that goes away lets go of its jump host too, whoever ended it.
      const done = once(() => jump.close());
      inner.lost.addEventListener('abort', done, { once: true });
      return { ...inner, close: () => inner.close().finally(done) };
    } catch (error) {
      await jump.close();
      throw error;
    }
  };
  const straight = (hop: Hop): Promise<Login> => withPinned((shown) => logIn(hop, shown));
  const to = (route: readonly Hop[]): Promise<Login> => {
    const [before, hop] = [route.slice(0, -1), route.at(-1)!];
    return ration(keyOf(route))(() =>
      twice(() => (before.length > 0 ? through(before, hop) : straight(hop))),
    );
  };
  return { to };
}

const keyOf = (hops: readonly Hop[]): string =>
  hops.map(({ user, address, port }) => `${user}@${address}:${port}`).join(' ');

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}

/** Asks a server for its keys, one type after the other, until it shows the pinned one or has no more. */
async function withPinned(work: (shown: readonly string[]) => Promise<Login>): Promise<Login> {
  const shown: string[] = [];
  let refusal: NotThatKey | undefined;
  for (;;)
    try {
      return await work(shown);
    } catch (error) {
      if (error instanceof NoAgreement && refusal) throw refusal;
      if (!(error instanceof NotThatKey)) throw error;
      // Named as the server would choose: the first one that it shows.
      refusal ??= error;
      shown.push(error.type);
      if (!hasOtherTypes(shown)) throw refusal;
    }
}

/** What is permanent, such as a wrong key or name, is not tried again. */
async function twice(work: () => Promise<Login>): Promise<Login> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Unreachable && error.passing)) throw error;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    return work();
  }
}
