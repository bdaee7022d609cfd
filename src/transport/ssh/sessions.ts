import { type Channel, ChannelRefused, type Login } from './channels.js';

/** What a session of a connection is for: a script, or a stream that a program on the host carries. */
export type Purpose = 'script' | 'stream';

/** Who holds a session that may be wanted back. */
export interface Tenant {
  /** For how long nothing has been expected of it, in milliseconds; 0 while something is. */
  idleFor(): number;
  /** Gives the session back. */
  vacate(): void;
}

/** A session that has begun, and must be given back when it is over: its channel's end does that. */
export interface Session {
  readonly channel: Channel;
  /** Lets the session be taken back whenever it is idle and another one is waited for. */
  lend(tenant: Tenant): void;
}

/** The sessions of one connection, of which a server allows ten (MaxSessions), or two, or one. */
export interface Sessions {
  /**
   * Runs `task` with a way to begin one session, as soon as there is room. Where the server has no room because of
   * other sessions of ours, `task` is run again when one of those is over: nothing must have come of it before.
   * @param signal when aborted, `task` is run at once, to find that out by itself
   */
  run<T>(
    purpose: Purpose,
    signal: AbortSignal | undefined,
    task: (begin: (command: string) => Promise<Session>) => Promise<T>,
  ): Promise<T>;
}

/** The server has no room for a session beside those of ours. */
class NoRoom extends Error {}

/**
 * Sessions of each purpose at once. sshd is late to notice that one has ended: from six in all on it refuses some of
 * ten. A refused one is asked for again.
 */
const most = { script: 4, stream: 4 } as const;

/** First and longest pause before a session that was refused is asked for again, and how often. Milliseconds. */
const again = { first: 5, longest: 250, times: 40 };
/** How often when others of ours are open, which would explain it. */
const beside = 3;

/** An idle session is taken back after this time, and looked for as often. Milliseconds. */
const idle = 500;

interface Place {
  readonly purpose: Purpose;
  /** Whether the server has given the session. */
  begun: boolean;
  tenant?: Tenant;
}

interface Waiting {
  readonly purpose: Purpose;
  readonly enter: () => void;
}

export function sessions(login: Login): Sessions {
  const places = new Set<Place>();
  const waiting: Waiting[] = [];
  let streamed = false;
  // What the server was found to allow; forgotten when nothing of ours is left that could have been in the way.
  let room = most.script + most.stream;

  const count = (purpose: Purpose) => [...places].filter((place) => place.purpose === purpose).length;
  /** Where streams need sessions too, neither they nor scripts may take them all. */
  const limit = (purpose: Purpose) => Math.min(most[purpose], streamed && room > 1 ? room - 1 : room);
  const isFree = (purpose: Purpose) => places.size < room && count(purpose) < limit(purpose);

  const admit = () => {
    for (const one of [...waiting]) {
      if (!login.lost.aborted && !isFree(one.purpose)) continue;
      waiting.splice(waiting.indexOf(one), 1);
      one.enter();
    }
  };
  const leave = (place: Place) => {
    if (!places.delete(place)) return;
    if (places.size === 0) room = most.script + most.stream;
    admit();
  };
  const takeBack = () => {
    const lent = [...places].flatMap(({ tenant }) => tenant ?? []);
    const [idlest] = lent.sort((one, other) => other.idleFor() - one.idleFor());
    if (idlest && idlest.idleFor() >= idle) idlest.vacate();
  };
  const enter = async (purpose: Purpose, signal: AbortSignal | undefined): Promise<Place> => {
    const place: Place = { purpose, begun: false };
    if (login.lost.aborted || signal?.aborted || isFree(purpose)) {
      places.add(place);
      return place;
    }
    const looking = setInterval(takeBack, idle);
    let entry: Waiting | undefined;
    const wake = () => entry?.enter();
    try {
      await new Promise<void>((resolve) => {
        entry = {
          purpose,
          enter: () => {
            places.add(place);
            resolve();
          },
        };
        waiting.push(entry);
        signal?.addEventListener('abort', wake, { once: true });
      });
    } finally {
      clearInterval(looking);
      signal?.removeEventListener('abort', wake);
      if (entry && waiting.includes(entry)) waiting.splice(waiting.indexOf(entry), 1);
    }
    return place;
  };
  login.lost.addEventListener('abort', admit, { once: true });

  const begin = async (place: Place, command: string): Promise<Session> => {
    for (let time = 0; ; time += 1)
      try {
        const channel = await login.command(command);
        place.begun = true;
        channel.once('close', () => leave(place));
        return {
          channel,
          lend: (tenant) => {
            place.tenant = tenant;
          },
        };
      } catch (error) {
        if (!(error instanceof ChannelRefused) || error.forbidden || time === again.times) throw error;
        const others = [...places].filter((other) => other !== place && other.begun).length;
        if (others > 0 && time >= beside) {
          room = Math.min(room, others);
          throw new NoRoom();
        }
        const pause = Math.min(again.longest, again.first * 2 ** time);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
  };

  return {
    run: async (purpose, signal, task) => {
      if (purpose === 'stream') streamed = true;
      for (;;) {
        const place = await enter(purpose, signal);
        try {
          return await task((command) => begin(place, command));
        } catch (error) {
          if (!(error instanceof NoRoom)) throw error;
        } finally {
          if (!place.begun) leave(place);
        }
      }
    },
  };
}
