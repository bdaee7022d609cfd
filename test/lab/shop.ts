import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answering, namePath, port } from '../../src/check/check-objects.js';
import { release } from '../../src/desired/versions.js';
import { type Asked, startAsking, together } from './asking.js';
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

export interface AskedBoth {
  readonly byAddress: Asked;
  /** Those that asked CoreDNS first. */
  readonly byName: Asked;
}

/** The first of the Services' default network that is none of podstrap's own. */
const address = '10.96.77.77';
const name = 'web.shop.svc.cluster.local';
const resolver = '10.96.0.10';

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
): Promise<Shop> {
  const file = join(operator.directory, 'shop.json');
  const image = `registry.k8s.io/pause:${release(lab.settings.kubernetesVersion).tags.pause}`;
  await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects(image, replicas) }));
  await until('the shop is made', () => operator.kubectl(server, 'apply', '-f', file));
  for (const workload of ['deployment/web', 'daemonset/client'])
    await until(`${workload} is ready`, () =>
      operator.kubectl(server, '-n', 'shop', 'rollout', 'status', workload, '--timeout=2s'),
    );
  const ask = async (hosts: readonly LabHost[]) => {
    const places = await Promise.all(hosts.map((host) => clientOn(lab, host)));
    const start = (url: string, from?: string) =>
      Promise.all(hosts.map(({ name: host }, at) => startAsking(lab, host, places[at]!, url, from)));
    const [addresses, names] = await Promise.all([
      start(`http://${address}${namePath}`),
      start(`http://${name}${namePath}`, resolver),
    ]);
    return async (): Promise<AskedBoth> => {
      const end = async (askers: typeof addresses) => together(await Promise.all(askers.map((one) => one())));
      return { byAddress: await end(addresses), byName: await end(names) };
    };
  };
  return {
    opens: async (hosts) => {
      const end = await ask(hosts);
      await end();
    },
    askedDuring: async (what, hosts, work) => {
      const end = await ask(hosts);
      const worked = await Promise.allSettled([work()]);
      const asked = await end();
      tell(what, 'by address', asked.byAddress);
      tell(what, 'by name', asked.byName);
      if (worked[0].status === 'rejected') throw worked[0].reason;
      return asked;
    },
  };
}

function tell(what: string, how: string, { answered, failed, slowest }: Asked): void {
  console.log(
    `${what}, ${how}: ${answered} answered, the slowest in ${slowest.toFixed(1)} s; ${failed.length} failed`,
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

const objects = (image: string, replicas: number) => [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { clusterIP: address, selector: { app: 'web' }, ports: [{ port: 80, targetPort: port }] },
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
