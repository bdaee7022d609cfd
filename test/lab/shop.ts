import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answering, namePath, port } from '../../src/check/check-objects.js';
import { bracket } from '../../src/host/bracket.js';
import { release } from '../../src/kubernetes/versions.js';
import { type Asked, type Question, startAsking, together } from './asking.js';
import type { Lab, LabHost } from './hosts.js';
import type { Operator } from './operator.js';
import { until } from './until.js';

/** A Deployment behind a Service, and a client pod on every node. */
export interface Shop {
  /** Waits until the Service answers the client pod of each of these hosts, by its address and by its name. */
  opens(hosts: readonly LabHost[]): Promise<void>;
  /**
   * Has the client pods of these hosts ask the Service all the while, by its address and by its name, and prints what
   * became of it.
   */
  askedDuring(what: string, hosts: readonly LabHost[], work: () => Promise<unknown>): Promise<AskedBoth>;
}

type Lane = Question['lane'];

export interface AskedBoth {
  readonly byAddress: Asked;
  /** Those that asked CoreDNS first. */
  readonly byName: Asked;
}

/** Where a shop and its name are found in the network of the Services. */
export interface Street {
  /** Free ones, one of each family of the Services, in the order of the families. */
  readonly addresses: readonly string[];
  /** That of CoreDNS. */
  readonly resolver: string;
}

/** In the network that Services have by default. */
const usualStreet: Street = { addresses: ['10.96.77.77'], resolver: '10.96.0.10' };
const name = 'web.shop.svc.cluster.local';

/**
 * Opens a shop whose servers are never on one node, and never on a control plane.
 * @param server address of an API server
 * @param replicas of the server; no more than there are workers
 */
export async function openShop(
  lab: Lab,
  operator: Operator,
  server: string,
  replicas: number,
  { addresses, resolver }: Street = usualStreet,
): Promise<Shop> {
  const file = join(operator.directory, 'shop.json');
  const image = `registry.k8s.io/pause:${release(lab.settings.kubernetesVersion).tags.pause}`;
  const items = objects(image, replicas, addresses);
  await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  await until('the shop is made', () => operator.kubectl(server, 'apply', '-f', file));
  for (const workload of ['deployment/web', 'daemonset/client'])
    await until(`${workload} is ready`, () =>
      operator.kubectl(server, '-n', 'shop', 'rollout', 'status', workload, '--timeout=2s'),
    );
  const ask = async (hosts: readonly LabHost[], [one, other]: readonly [Lane, Lane]) => {
    const places = await Promise.all(hosts.map((host) => clientOn(lab, host)));
    const start = (question: Question) =>
      Promise.all(hosts.map(({ name: host }, at) => startAsking(lab, host, places[at]!, question)));
    const [names, ...byAddress] = await Promise.all([
      start({ url: `http://${name}${namePath}`, resolver, lane: one }),
      ...addresses.map((address) => start({ url: `http://${bracket(address)}${namePath}`, lane: other })),
    ]);
    return async (): Promise<AskedBoth> => {
      const end = async (askers: typeof names) => together(await Promise.all(askers.map((one) => one())));
      return { byAddress: await end(byAddress.flat()), byName: await end(names) };
    };
  };
  return {
    opens: async (hosts) => {
      // It may open while it is asked, and no two may want the same port.
      const end = await ask(hosts, [2, 3]);
      await end();
    },
    askedDuring: async (what, hosts, work) => {
      const end = await ask(hosts, [0, 1]);
      const worked = await Promise.allSettled([work()]);
      const asked = await end();
      tell(what, 'by address', asked.byAddress);
      tell(what, 'by name', asked.byName);
      if (worked[0].status === 'rejected') throw worked[0].reason;
      return asked;
    },
  };
}

/** Prints what became of the requests. */
export function tell(what: string, how: string, { answered, failed, slowest, longestGap }: Asked): void {
  console.log(
    `${what}, ${how}: ${answered} answered, the slowest in ${slowest.toFixed(1)} s, at most ${longestGap.toFixed(1)} s without an answer; ${failed.length} failed`,
  );
  const shown = failed.length > 8 ? [...failed.slice(0, 4), '…', ...failed.slice(-4)] : failed;
  for (const one of shown) console.log(`  ${one}`);
}

/** The network namespace of the client pod on a host, as containerd names it. */
async function clientOn(lab: Lab, { name: host }: LabHost): Promise<string> {
  const script = `for p in $(ctr -n k8s.io tasks ls | awk '$3 == "RUNNING" { print $2 }'); do
  tr '\\0' '\\n' </proc/$p/environ | grep -q '^SHOP_CLIENT=yes$' || continue
  for n in /run/netns/cni-*; do [ "$(stat -Lc %i "$n")" != "$(stat -Lc %i /proc/$p/ns/net)" ] || echo "$n"; done
done | head -n 1`;
  let found = '';
  await until(`the client pod runs on ${host}`, async () => {
    found = (await lab.read(host, script)).trim();
    return found !== '';
  });
  return found;
}

const objects = (image: string, replicas: number, addresses: readonly string[]) => [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      clusterIP: addresses[0],
      clusterIPs: addresses,
      ipFamilyPolicy: addresses.length === 1 ? 'SingleStack' : 'RequireDualStack',
      selector: { app: 'web' },
      ports: [{ port: 80, targetPort: port }],
    },
  },
  workload(
    'Deployment',
    'web',
    {
      ...patient(answering(image)),
      affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [apart] } },
    },
    { replicas },
  ),
  workload('DaemonSet', 'client', {
    containers: [
      {
        name: 'client',
        image,
        imagePullPolicy: 'Never',
        env: [{ name: 'SHOP_CLIENT', value: 'yes' }],
      },
    ],
    tolerations: [{ operator: 'Exists' }],
  }),
];

/** A machine that is busy is no reason to give a server up. */
const patient = ({ containers, ...pod }: ReturnType<typeof answering>) => ({
  ...pod,
  containers: containers.map((one) => ({
    ...one,
    readinessProbe: { ...one.readinessProbe, timeoutSeconds: 10 },
  })),
});

const workload = (kind: 'Deployment' | 'DaemonSet', app: string, pod: object, spec = {}) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name: app, namespace: 'shop' },
  spec: {
    ...spec,
    selector: { matchLabels: { app } },
    template: { metadata: { labels: { app } }, spec: { terminationGracePeriodSeconds: 1, ...pod } },
  },
});

const apart = { labelSelector: { matchLabels: { app: 'web' } }, topologyKey: 'kubernetes.io/hostname' };
