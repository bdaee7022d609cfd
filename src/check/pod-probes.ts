import { Failure } from '../failure.js';
import { bracket } from '../host/bracket.js';
import { inParallel } from '../in-parallel.js';
import { missing, poll, well } from '../verify/poll.js';
import { kubectl, name, namePath, port } from './check-objects.js';
import type { Checking } from './checking.js';
import type { CheckPod } from './start-pods.js';

/** Programs that run in one pod at once: each is a process there, and a stream here. */
const atOnce = 4;
/** Milliseconds for one of them. Its request gives up then as well, so that none is left running. */
const answerWithin = 4_000;
const requestTimeout = `--request-timeout=${answerWithin / 1_000}s`;

/** What can be asked of one pod. Each looks until it is well or the time is over, and gives what is wrong. */
export interface PodProbes {
  /** Each API server shows what the pod has printed. */
  logs(): Promise<string | undefined>;
  /** Runs a program in the pod, which asks the pod itself. */
  exec(): Promise<string | undefined>;
  /** Asks the pod through a forwarded port. */
  portForward(): Promise<string | undefined>;
  /** The pods among the peers that the pod cannot reach, and what is wrong with each. */
  unreached(): Promise<ReadonlyMap<CheckPod, string>>;
  /** Asks a pod behind each of these addresses or names. */
  service(servers: readonly string[]): Promise<string | undefined>;
  /** Asks the API as every program in a pod finds it, with the pod's own token. */
  api(): Promise<string | undefined>;
}

/** @param peers the pods on the other nodes */
export function podProbes(checking: Checking, pod: CheckPod, peers: readonly CheckPod[]): PodProbes {
  const { patience, newborn, signal } = checking;
  const begun = performance.now();
  const until = (look: () => Promise<string | undefined>) => waited(look, begun + patience, signal);
  // What is asked within the pod begins once something can be run there, however long that took.
  let inside: number | undefined;
  const within = (look: () => Promise<string | undefined>, atLeast = 0) => {
    inside ??= performance.now();
    return waited(look, inside + Math.max(patience, atLeast), signal);
  };
  const everyone = [pod, ...peers].map((one) => one.name);
  return {
    logs: () => until(() => logs(checking, pod)),
    exec: () => until(() => nameAt(checking, pod, `127.0.0.1:${port}`, [pod.name])),
    portForward: () => until(() => forwarded(checking, pod)),
    unreached: async () => {
      const wrong = new Map<CheckPod, string>();
      await inParallel(peers, atOnce, async (peer) => {
        const said = await within(() =>
          firstWrong(peer.addresses, (address) =>
            nameAt(checking, pod, `${bracket(address)}:${port}`, [peer.name]),
          ),
        );
        if (said !== undefined) wrong.set(peer, said);
      });
      return wrong;
    },
    service: async (servers) =>
      servers.length === 0
        ? 'the service has no address'
        : within(
            () => firstWrong(servers, (server) => nameAt(checking, pod, bracket(server), everyone)),
            newborn,
          ),
    // An option for the time would make kubectl look elsewhere.
    api: () => within(async () => wrongOf(await runIn(checking, pod, ['get', '--raw', '/version']))),
  };
}

const waited = (
  look: () => Promise<string | undefined>,
  end: number,
  signal: AbortSignal,
): Promise<string | undefined> =>
  poll(
    async () => {
      const wrong = await look();
      return wrong === undefined ? well : missing(wrong);
    },
    { timeoutMs: end - performance.now(), onWaiting: () => undefined, signal },
  );

async function firstWrong(
  places: readonly string[],
  look: (place: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  for (const place of places) {
    const wrong = await look(place);
    if (wrong !== undefined) return places.length > 1 ? `${place}: ${wrong}` : wrong;
  }
  return undefined;
}

async function logs({ kubes }: Checking, pod: CheckPod): Promise<string | undefined> {
  const wrong = await Promise.all(
    [...kubes].map(async ([server, kube]) => {
      const { status, body } = await kube.read(`/api/v1/namespaces/${pod.namespace}/pods/${pod.name}/log`);
      const said = body.trim();
      return status === 200 && said !== '' ? [] : [`through ${server}: ${said || 'they are empty'}`];
    }),
  );
  return wrong.flat().join('; ') || undefined;
}

async function forwarded({ streams, signal }: Checking, pod: CheckPod): Promise<string | undefined> {
  const request = `GET ${namePath} HTTP/1.0\r\nHost: ${name}\r\n\r\n`;
  const isWhole = (text: string) => text.trim().endsWith(pod.name);
  const limits = { timeoutMs: answerWithin, signal };
  const answer = await streams.exchange(pod, port, request, limits, isWhole);
  return isWhole(answer) ? undefined : another(answer);
}

/** Asks a server for its name, from within the pod. @returns what is wrong */
async function nameAt(
  checking: Checking,
  pod: CheckPod,
  server: string,
  expected: readonly string[],
): Promise<string | undefined> {
  const said = await runIn(checking, pod, [
    'get',
    '--raw',
    namePath,
    `--server=http://${server}`,
    requestTimeout,
  ]);
  return 'wrong' in said || expected.includes(said.output) ? wrongOf(said) : another(said.output);
}

type Said = { readonly output: string } | { readonly wrong: string };
const wrongOf = (said: Said): string | undefined => ('wrong' in said ? said.wrong : undefined);
const another = (answer: string): string => `another answered: ${answer.trim().slice(0, 80)}`;

async function runIn({ streams, signal }: Checking, pod: CheckPod, words: readonly string[]): Promise<Said> {
  try {
    const ran = await streams.exec(pod, [kubectl, ...words], { timeoutMs: answerWithin, signal });
    if (ran.code === 0) return { output: ran.stdout.trim() };
    const last = ran.stderr.trim().split('\n').at(-1);
    return { wrong: last || `kubectl ended with ${ran.code}` };
  } catch (error) {
    if (error instanceof Failure) throw error;
    return { wrong: (error as Error).message };
  }
}
