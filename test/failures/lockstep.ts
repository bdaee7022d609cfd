import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * Looks, this many milliseconds apart, at which nothing has come from any side and nobody computes: then all wait for what the
 * line still holds. Between two of them this process has read whatever had arrived, however busy it was.
 */
const [stillLooks, lookMs] = [10, 20];

/** A line on which everything takes its time: what is under way arrives all at once, as soon as everybody waits for it. */
export interface Lockstep {
  /** Arrivals so far. */
  readonly arrivals: () => number;
  /** A port on loopback that leads to another one there, over the line. */
  through(port: number): Promise<number>;
  close(): void;
}

/**
 * Counts round trips without a clock: a line of any length, on which a question and its answer are two arrivals. Whoever
 * talks over it has to be this process or a child of its. One that waits for something else than the line makes it count
 * more, never less.
 */
export function lockstep(): Lockstep {
  const held: { readonly deliver: () => void; readonly counts: boolean }[] = [];
  const sockets = new Set<Socket>();
  const servers: ReturnType<typeof createServer>[] = [];
  let arrivals = 0;
  let still = 0;
  const hold = (deliver: () => void, counts = true) => {
    held.push({ deliver, counts });
    still = 0;
  };
  const timer = setInterval(() => {
    if (held.length === 0) return;
    still += 1;
    if (still < stillLooks) return;
    still = 0;
    if (anybodyComputes()) return;
    const now = held.splice(0);
    if (now.some(({ counts }) => counts)) arrivals += 1;
    for (const { deliver } of now) deliver();
  }, lookMs);
  const carry = (from: Socket, to: Socket) => {
    sockets.add(from);
    from.on('data', (bytes) => hold(() => to.write(bytes)));
    // Nobody waits to hear that somebody has gone.
    from.on('end', () => hold(() => to.end(), false));
    from.on('error', () => to.destroy());
    from.on('close', () => sockets.delete(from));
  };
  return {
    arrivals: () => arrivals,
    through: async (port) => {
      const server = createServer({ allowHalfOpen: true }, (near) => {
        const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
        carry(near, far);
        carry(far, near);
      });
      servers.push(server);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return (server.address() as AddressInfo).port;
    },
    close: () => {
      clearInterval(timer);
      for (const socket of sockets) socket.destroy();
      for (const server of servers) server.close();
    },
  };
}

/** Whether a child of this process, or one of its own, has a thread that runs, or would if there were a processor. */
function anybodyComputes(): boolean {
  const parents = new Map<string, string>();
  for (const pid of readdirSync('/proc')) {
    const parent = /^\d+$/.test(pid) ? statOf(`/proc/${pid}`)?.parent : undefined;
    if (parent !== undefined) parents.set(pid, parent);
  }
  const isOurs = (pid: string | undefined): boolean =>
    pid !== undefined && (parents.get(pid) === String(process.pid) || isOurs(parents.get(pid)));
  return [...parents.keys()].some(
    (pid) => isOurs(pid) && threadsOf(pid).some(({ state }) => 'RD'.includes(state)),
  );
}

/** By proc_pid_stat(5). Undefined for one that has just ended. */
function statOf(path: string): { readonly state: string; readonly parent: string } | undefined {
  try {
    const [state, parent] = readFileSync(`${path}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return { state: state!, parent: parent! };
  } catch {
    return undefined;
  }
}

function threadsOf(pid: string) {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) => statOf(`/proc/${pid}/task/${thread}`) ?? []);
  } catch {
    return [];
  }
}
