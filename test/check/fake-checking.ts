import type { Checking } from '../../src/check/checking.js';
import type { CheckPod } from '../../src/check/start-pods.js';
import { objectName } from '../../src/cluster/kube.js';
import type { Inventory } from '../../src/inventory/inventory.js';
import type { ApiObject } from '../../src/kubernetes/api-object.js';
import { fakeKube } from '../cluster/fake-kube.js';

/** What a pod gets to hear from a server that it asks: its name, or why there is none. */
export type Network = (from: CheckPod, server: string) => string | { readonly wrong: string };

export interface FakeCluster {
  readonly inventory: Inventory;
  readonly network: Network;
  /** Objects that are there at the beginning. */
  readonly objects?: readonly ApiObject[];
  /** Answers of GET, by path. */
  readonly answers?: Readonly<Record<string, { readonly status: number; readonly body: string }>>;
  /** Makes exec and port-forward throw. */
  readonly streamsFail?: string;
  readonly signal?: AbortSignal;
  readonly patience?: number;
  /** Milliseconds that what is new may take at least. Default: none. */
  readonly newborn?: number;
}

export interface FakeChecking {
  readonly checking: Checking;
  readonly objects: Map<string, ApiObject>;
}

export const pod = (node: string, ...addresses: readonly string[]): CheckPod => ({
  node,
  namespace: 'podstrap-check-1',
  name: `check-${node}`,
  addresses,
});

/** A cluster of words: objects in a map, and pods that ask a network which is a function. It refuses what it does not know. */
export function fakeChecking(cluster: FakeCluster, pods: readonly CheckPod[] = []): FakeChecking {
  const { inventory, network, answers = {}, streamsFail } = cluster;
  const objects = new Map((cluster.objects ?? []).map((object) => [objectName(object), object]));
  const kube = fakeKube({
    get: async (object) => objects.get(objectName(object)),
    create: async (object) => void objects.set(objectName(object), object),
    remove: async (object) => void objects.delete(objectName(object)),
    list: async (kind) => [...objects.values()].filter((object) => object.kind === kind),
    read: async (path) =>
      answers[path] ??
      (path.endsWith('/log') ? { status: 200, body: 'Starting to serve' } : { status: 404, body: '' }),
  });
  const askedBy = (name: string) => pods.find((one) => one.name === name)!;
  const failing = () => {
    if (streamsFail !== undefined) throw new Error(streamsFail);
  };
  return {
    objects,
    checking: {
      inventory,
      kubes: new Map([['cp-1', kube]]),
      streams: {
        exec: async ({ name }, [, ...words]) => {
          failing();
          const server = words.find((word) => word.startsWith('--server='))?.slice('--server=http://'.length);
          const said = network(askedBy(name), server ?? 'the API');
          return typeof said === 'string'
            ? { code: 0, stdout: said, stderr: '' }
            : { code: 1, stdout: '', stderr: `first\n${said.wrong}\n` };
        },
        exchange: async ({ name }) => {
          failing();
          return `HTTP/1.0 200 OK\r\n\r\n${name}`;
        },
      },
      namespace: 'podstrap-check-1',
      now: () => new Date('2026-01-01T00:00:00Z'),
      patience: cluster.patience ?? 0,
      newborn: cluster.newborn ?? 0,
      signal: cluster.signal ?? new AbortController().signal,
    },
  };
}
