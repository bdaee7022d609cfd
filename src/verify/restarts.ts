import type { StaticPodResource } from '../desired/resource.js';
import { word } from '../host/shell.js';
import type { Transport } from '../transport/transport.js';
import { logsOf } from './logs-of.js';

/** Pods of one name that have left logs on a host. The kubelet numbers the logs of a container 0.log, 1.log, … */
interface Logged {
  /** By the pod's folder, whose name ends with its UID: the highest number. */
  readonly highest: ReadonlyMap<string, number>;
  /** The folder that was written to last: of the pod that runs. */
  readonly newest: string;
}

async function readLogged(
  transport: Transport,
  pods: readonly StaticPodResource[],
): Promise<ReadonlyMap<string, Logged>> {
  if (pods.length === 0) return new Map();
  const asks = pods.map(
    ({ name }) => `for f in ${logsOf(name, transport.host)}/*/*.log; do [ -e "$f" ] || continue
b=\${f##*/}; d=\${f#"$R/var/log/pods/"}; echo ${word(name)} "\${d%%/*}" "\${b%.log}" "$(stat -c %Y.%y "$f")"; done`,
  );
  const { stdout } = await transport.exec({ script: `${asks.join('\n')}\nexit 0\n`, timeoutMs: 30_000 });
  const logged = new Map<string, { highest: Map<string, number>; newest: string; at: string }>();
  for (const line of stdout.trim().split('\n')) {
    const [, name, folder, number, at] = /^(\S+) (\S+) (\d{1,9}) (.*)$/.exec(line) ?? [];
    if (name === undefined || folder === undefined || at === undefined) continue;
    const one = logged.get(name) ?? { highest: new Map(), newest: folder, at };
    logged.set(name, one);
    one.highest.set(folder, Math.max(one.highest.get(folder) ?? 0, Number(number)));
    if (at >= one.at) Object.assign(one, { newest: folder, at });
  }
  return logged;
}

/** How often the container of each static pod was restarted. */
export async function countRestarts(
  transport: Transport,
  pods: readonly StaticPodResource[],
): Promise<ReadonlyMap<string, number>> {
  const logged = await readLogged(transport, pods);
  return new Map(
    pods.map(({ name }) => {
      const one = logged.get(name);
      return [name, one?.highest.get(one.newest) ?? 0];
    }),
  );
}

/** Begins to count now. @returns a function that tells how often each pod's container has ended since */
export async function restartsFromNow(
  transport: Transport,
  pods: readonly StaticPodResource[],
): Promise<() => Promise<ReadonlyMap<string, number>>> {
  const before = await readLogged(transport, pods);
  return async () => {
    const now = await readLogged(transport, pods);
    return new Map(pods.map(({ name }) => [name, endedSince(before.get(name), now.get(name))]));
  };
}

/** A manifest that was there before gives its pod the UID of then, and the kubelet goes on with its numbers of then. */
function endedSince(before: Logged | undefined, now: Logged | undefined): number {
  if (now === undefined) return 0;
  const count = now.highest.get(now.newest)!;
  const earlier = before?.highest.get(now.newest);
  if (earlier === undefined) return count;
  const returned = before?.newest !== now.newest;
  return Math.max(0, count - earlier - (returned ? 1 : 0));
}
