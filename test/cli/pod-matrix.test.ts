import { expect, test } from 'vitest';
import { podsText } from '../../src/cli/view/pods.js';
import { statusText } from '../../src/cli/view/status.js';
import { usageText } from '../../src/cli/view/usage.js';
import type { Host } from '../../src/inventory/inventory.js';
import { type Grouping, podGroups } from '../../src/stories/pod-matrix.js';
import { podsOn } from '../../src/stories/pods/list-pods.js';
import type { HostStatus, Status } from '../../src/stories/status.js';

const host = (name: string, running: 'wanted' | 'other' | 'none', revision?: string): HostStatus => ({
  host: name,
  reachable: true,
  kubelet: { healthy: true, version: 'v1.36.3' },
  pods: [
    {
      name: 'web',
      wantedRevision: 'cafe',
      running,
      ...(revision === undefined ? {} : { revision }),
      restarts: 0,
      healthy: running === 'wanted',
    },
  ],
  certificates: [],
  drift: [],
});
const hosts = [
  host('shop-1', 'wanted', 'cafe'),
  host('shop-2', 'wanted', 'cafe'),
  host('shop-3', 'other', 'beef'),
  host('shop-4', 'none'),
  { host: 'shop-5', reachable: false, said: 'timed out', pods: [], certificates: [], drift: [] },
];
const rings = ['canary', 'rest', 'rest', 'rest', undefined];
const inventoried = hosts.map(({ host: name }, index) => ({
  name,
  labels: rings[index] === undefined ? {} : { ring: rings[index] },
})) as unknown as readonly Host[];
const status = (grouping?: Grouping): Status => ({
  apiVersion: 'podstrap.io/v1alpha1',
  kind: 'Status',
  cluster: 'shops',
  kubernetesVersion: 'v1.36.3',
  situation: 'standalone',
  healthy: false,
  hosts,
  groups: podGroups(hosts, inventoried, grouping),
  etcd: [],
  addons: [],
  clusterDrift: [],
  uncompared: [],
  strangers: [],
  refused: [],
});

test('hosts are counted by the value of a label, with the revisions that they run', () => {
  const { groups } = status({ by: 'label', key: 'ring' });
  expect(groups.map(({ group, hosts: all, away }) => [group, all, away])).toEqual([
    ['canary', 1, 0],
    ['rest', 3, 0],
    [undefined, 1, 1],
  ]);
  expect(groups[1]!.pods).toEqual([
    {
      pod: 'web',
      wanted: 1,
      other: 1,
      none: 1,
      unhealthy: 2,
      revisions: [
        { revision: 'cafe', hosts: 1 },
        { revision: 'beef', hosts: 1 },
      ],
    },
  ]);
  expect(
    statusText(status({ by: 'label', key: 'ring' }), 'plain', undefined, { by: 'label', key: 'ring' }),
  ).toMatch(
    /ring +HOSTS +web\ncanary +1 +✔ 1 × cafe\nrest +3 +✖ 1 of 3, 2 unhealthy\n +web: 1 × cafe, 1 × beef, 1 not running\n\(none\) +1, 1 away +-/,
  );
});

test('a matrix has a row for each host, and then those that need somebody', () => {
  const text = statusText(status({ by: 'host' }), 'plain', undefined, { by: 'host' });
  expect(text).toMatch(/shop-1 +v1\.36\.3 +✔ cafe\n/);
  expect(text).toMatch(/shop-3 +v1\.36\.3 +✖ beef\nshop-4 +v1\.36\.3 +✖ not running\nshop-5 +away/);
  expect(text).toMatch(/as wanted +4 of 5 reached +2 of 4/);
  expect(text).toContain('beef instead of cafe');
  expect(text).not.toMatch(/^✔ shop-1/m);
});

const running = (name: string, revision?: string) => ({
  namespace: 'default',
  name,
  uid: name,
  ...(revision === undefined ? {} : { revision }),
  containers: ['c'],
  restarts: 1,
  age: 7_300,
});

test('pods are listed by their manifests, and so are those that lack one, whatever the node is called', () => {
  const manifests = [
    { pod: 'web', revision: 'cafe' },
    { pod: 'web-shop', revision: 'aa' },
    { pod: 'till', revision: 'dd' },
  ];
  const seen = podsOn('shop-1', {
    manifests,
    running: [
      running('web-node-7', 'beef'),
      running('web-shop-node-7', 'aa'),
      running('old-shop-1', 'ee'),
      running('coredns-x'),
    ],
  });
  expect(seen.map(({ pod, state }) => [pod, state])).toEqual([
    ['web', 'other-revision'],
    ['web-shop', 'runs'],
    ['till', 'missing'],
    ['old', 'no-manifest'],
    ['coredns-x', 'not-podstrap'],
  ]);
  const text = podsText(
    { cluster: 'shops', pods: seen, unreachable: [{ host: 'x', said: 'gone' }] },
    'plain',
  );
  expect(text).toMatch(/shop-1 +web +default +beef +1 +1 +2h +its manifest is of another revision/);
  expect(text).toContain('✖ x: gone');
});

test('what is used is shown by host, and below it by pod', () => {
  const text = usageText(
    {
      cluster: 'shops',
      hosts: [
        {
          host: 'shop-1',
          cpus: 2,
          cpu: 0.5,
          memory: { total: 2e9, used: 1e9 },
          pods: [
            { namespace: 'default', name: 'small', memory: 1e6 },
            { namespace: 'default', name: 'big', cpu: 0.25, memory: 9e6, limit: 2e7 },
          ],
        },
      ],
      unreachable: [],
    },
    'plain',
  );
  expect(text).toMatch(
    /shop-1 +500m +1\.00 GB +2 CPUs, 2\.00 GB\n +default\/big +250m +9\.0 MB +20\.0 MB\n +default\/small +1\.0 MB/,
  );
});
