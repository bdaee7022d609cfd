import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'vitest';
import { startPracticeCluster } from '../src/practice/practice-cluster.js';
import { measurePodstrap, type Usage } from './measure-podstrap.js';
import { inDirectory } from './practice-ground.js';
import { putStock, type Stock, stockOf } from './stock.js';
import { writeResults } from './write-results.js';

const hosts = Number(process.env.BENCH_FLEET ?? 1000);

const pod = `apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  hostNetwork: true
  containers:
    - name: web
      image: ghcr.io/shops/web:{{values.version}}
      env:
        - { name: SHOP, value: "{{host.name}}" }
      readinessProbe:
        httpGet: { host: 127.0.0.1, port: 8080, path: / }
`;

interface Figures {
  readonly bootstrap: Usage;
  readonly nothing: Usage;
  readonly change: Usage;
}

test('one image tag on a fleet, and nothing to do', async () => {
  // What the first one has fetched is put on all hosts: to let each get it over SSH would measure what nobody asks.
  let stock: Stock | undefined;
  await onFleet(1, undefined, async (root) => {
    stock = stockOf(root);
  });
  const figures = await onFleet(hosts, stock, async () => undefined);
  const row = (what: string, { cpuSeconds, rssMegabytes, wallSeconds }: Usage, most: string) => [
    what,
    `${cpuSeconds.toFixed(1)} s`,
    `${((cpuSeconds / hosts) * 1000).toFixed(1)} ms`,
    `${rssMegabytes.toFixed(0)} MB`,
    `${wallSeconds.toFixed(0)} s`,
    most,
  ];
  await writeResults({
    suite: 'fleet',
    about: `A fleet of ${hosts} practice hosts with one static pod each: what podstrap’s own process takes. stages of 5 % of the hosts, each healthy for a second; the image is new to them.`,
    columns: ['`podstrap up`', 'CPU', 'CPU per host', 'Memory', 'Wall time', 'At most'],
    rows: [
      row('bare hosts, programs and images in place', figures.bootstrap, ''),
      row('nothing to do', figures.nothing, '30 s CPU, 400 MB'),
      row('one image tag', figures.change, '20 s CPU, 400 MB'),
    ],
    figures: { hosts, ...figures },
  });
});

/** Twenty of them, of 5 % each. */
const stagesOf = (count: number): readonly object[] => {
  const names = Array.from({ length: count }, (_, index) => `shop-${index + 1}`);
  const size = Math.ceil(count / 20);
  return Array.from({ length: Math.ceil(count / size) }, (_, index) => ({
    name: `stage-${index + 1}`,
    hosts: { names: names.slice(index * size, (index + 1) * size) },
    maxParallel: '100%',
  }));
};

const onFleet = (
  count: number,
  stock: Stock | undefined,
  look: (root: string) => Promise<void>,
): Promise<Figures> =>
  inDirectory(async (directory) => {
    await writeFile(join(directory, 'web.yaml'), pod);
    const values = ['v1', 'v2'].map((version) => ({ version }));
    const fleet = await startPracticeCluster({
      directory,
      controlPlanes: 0,
      standalone: count,
      kubernetesVersion: 'v1.36.3',
      commandsAtOnce: 32,
      alsoServe: values.slice(1).map((others) => ({ values: others })),
      spec: {
        encryptionAlgorithm: 'ECDSA-P256',
        values: values[0],
        staticPods: [{ name: 'web', manifest: 'web.yaml' }],
        rollout: {
          minHealthyTime: '0s',
          healthyDeadline: '5m',
          stages: stagesOf(count),
        },
      },
    });
    try {
      const { file, site } = fleet;
      const edit = async (from: RegExp, to: string) =>
        writeFile(file, (await readFile(file, 'utf8')).replace(from, to));
      if (stock !== undefined) for (const { root } of site.hosts) putStock(root, stock);
      const up = () => measurePodstrap(dirname(file), ['up', '--yes']);
      const bootstrap = await up();
      const nothing = await up();
      await edit(/minHealthyTime: 0s/, 'minHealthyTime: 1s');
      await edit(/version: v1/, 'version: v2');
      const change = await up();
      await look(site.hosts[0]!.root);
      return { bootstrap, nothing, change };
    } finally {
      await fleet.close();
    }
  });
