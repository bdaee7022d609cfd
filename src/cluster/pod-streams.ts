import { type Endpoint, HttpStatus } from './http.js';
import { messageOf } from './kube.js';
import { webSockets } from './web-socket.js';

/** A pod with one container. */
export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

/** What a program in a container did. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StreamLimits {
  /** Milliseconds for the whole of it. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** What the API server leads through to a container: exec and port-forward. Each throws an Error with what was said. */
export interface PodStreams {
  /** Runs a program to its end; there is no shell. */
  exec(pod: PodName, command: readonly string[], limits: StreamLimits): Promise<Ran>;
  /**
   * Sends text to a port of the pod, and gives what comes back.
   * @param isWhole tells that nothing more is awaited; otherwise the other side says so by closing
   */
  exchange(
    pod: PodName,
    port: number,
    text: string,
    limits: StreamLimits,
    isWhole?: (text: string) => boolean,
  ): Promise<string>;
}

/** Channels of both protocols: the first byte of a message tells to which of them it belongs. */
const channel = { stdout: 1, stderr: 2, status: 3 } as const;

type Pair = [key: string, value: string];

/** How a program ended: metav1.Status, as API servers send it on the last channel. */
interface EndStatus {
  readonly status?: string;
  readonly message?: string;
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
}

/** Exec and port-forward through the API server at `endpoint`, over WebSockets as kubectl does. */
export function podStreams(endpoint: Endpoint): PodStreams {
  const sockets = webSockets(endpoint);
  const path = ({ namespace, name }: PodName, what: string, query: readonly Pair[]) =>
    `/api/v1/namespaces/${namespace}/pods/${name}/${what}?${new URLSearchParams(query)}`;
  return {
    exec: async (pod, command, limits) => {
      const heard = new Map<number, Buffer[]>();
      const textOf = (from: number) => Buffer.concat(heard.get(from) ?? []).toString('utf8');
      const query: Pair[] = [
        ...command.map((word): Pair => ['command', word]),
        ['stdout', 'true'],
        ['stderr', 'true'],
      ];
      await sockets
        .talk({
          path: path(pod, 'exec', query),
          protocol: 'v5.channel.k8s.io',
          ...limits,
          onMessage: (message, end) => {
            const from = message[0]!;
            heard.set(from, [...(heard.get(from) ?? []), message.subarray(1)]);
            if (from === channel.status) end();
          },
        })
        .catch(refused);
      if (!heard.has(channel.status)) throw new Error('the stream ended before the program did');
      return {
        code: exitCodeOf(JSON.parse(textOf(channel.status)) as EndStatus),
        stdout: textOf(channel.stdout),
        stderr: textOf(channel.stderr),
      };
    },
    exchange: async (pod, port, text, limits, isWhole = () => false) => {
      const heard: Buffer[] = [];
      let error = '';
      const greeted = new Set<number>();
      const { code, reason } = await sockets
        .talk({
          path: path(pod, 'portforward', [['ports', String(port)]]),
          // The later protocols carry SPDY inside, of which one port needs nothing.
          protocol: 'v4.channel.k8s.io',
          ...limits,
          onOpen: (send) => send(Buffer.concat([Buffer.of(0), Buffer.from(text)])),
          onMessage: (message, end) => {
            const [from] = message;
            // The first message of each of both channels is the port's number.
            if (!greeted.has(from!)) return void greeted.add(from!);
            const said = message.subarray(1);
            if (from === 0) heard.push(said);
            else error += said.toString('utf8');
            if (isWhole(Buffer.concat(heard).toString('utf8'))) end();
          },
        })
        .catch(refused);
      if (error !== '') throw new Error(error.trim());
      if (heard.length === 0)
        throw new Error(`the stream ended without an answer (${code} ${reason})`.trim());
      return Buffer.concat(heard).toString('utf8');
    },
  };
}

/** @throws Error when the program did not even begin */
function exitCodeOf({ status, message, details }: EndStatus): number {
  if (status === 'Success') return 0;
  const cause = details?.causes?.find(({ reason }) => reason === 'ExitCode');
  if (cause?.message === undefined) throw new Error(message ?? 'it did not begin');
  return Number(cause.message);
}

function refused(error: unknown): never {
  throw error instanceof HttpStatus ? new Error(`HTTP ${error.status}: ${messageOf(error.body)}`) : error;
}
