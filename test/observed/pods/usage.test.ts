import { expect, test } from 'vitest';
import { usageIn } from '../../../src/observed/pods/pod-usage.js';
import { podsIn } from '../../../src/observed/pods/running-pods.js';
import { sections } from '../../../src/observed/sections.js';

const sandbox = 'a'.repeat(64);
const container = 'b'.repeat(64);
const uid = '0123456789abcdef0123456789abcdef';
const noted = (id: string, notes: Readonly<Record<string, string>>) =>
  Object.entries(notes).map(([key, value]) => `${id}/config.json:"io.kubernetes.cri.${key}":"${value}"`);
const pod = {
  'sandbox-id': sandbox,
  'sandbox-name': 'web-w-1',
  'sandbox-namespace': 'shop',
  'sandbox-uid': uid,
};

const tasks = {
  tasks: [
    'TASK PID STATUS',
    `${sandbox} 11 RUNNING`,
    `${container} 12 RUNNING`,
    `${'c'.repeat(64)} 0 STOPPED`,
  ],
  annotations: [
    ...noted(sandbox, { 'container-type': 'sandbox', ...pod }),
    ...noted(container, { 'container-type': 'container', 'container-name': 'web', ...pod }),
    ...noted('c'.repeat(64), { 'container-type': 'sandbox', ...pod }),
    // An image may say what it likes; what has not the form of a name is passed over.
    ...noted(container, { 'sandbox-name': '../../etc' }),
  ],
};

const told = (all: Readonly<Record<string, readonly string[]>>) =>
  sections(
    Object.entries(all)
      .flatMap(([title, lines]) => ['', `@x ${title}`, ...lines])
      .join('\n'),
    '@x',
    () => true,
  );

test('what runs is told by the runtime: a sandbox with its containers, its revision, its age and its restarts', () => {
  const seen = podsIn(
    told({
      clock: ['1000'],
      ...tasks,
      started: [`400 ${sandbox}/config.json`, `900 ${container}/config.json`],
      revisions: [`${sandbox} "podstrap.io/revision": "cafe"`],
      manifests: ['web.yaml:    podstrap.io/revision: cafe', 'till.yaml:    podstrap.io/revision: "beef"'],
      logs: [`shop_web-w-1_${uid}/web/0.log`, `shop_web-w-1_${uid}/web/2.log`, 'shop_web-w-1_ffff/web/9.log'],
    }),
  );
  expect(seen.running).toEqual([
    {
      namespace: 'shop',
      name: 'web-w-1',
      uid,
      revision: 'cafe',
      containers: ['web'],
      restarts: 2,
      age: 600,
    },
  ]);
  expect(seen.manifests).toEqual([
    { pod: 'web', revision: 'cafe' },
    { pod: 'till', revision: 'beef' },
  ]);
});

const machine = { cpus: ['4'], memory: ['total 4000 kB', 'available 1000 kB'] };

test('version 2 of cgroups tells what a pod uses, below the folder of its UID', () => {
  const folder = `/sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid}.slice/`;
  const seen = usageIn(
    told({
      ...tasks,
      ...machine,
      'cpu-1': ['uptime 100.00', 'host cpu  100 0 0 900 0 0 0 0 0 0', `pod ${folder} us 1000000`],
      pods: [`${folder} used 5000000`, `${folder} idle 1000000`, `${folder} limit max`],
      'cpu-2': ['uptime 102.00', 'host cpu  150 0 0 1050 0 0 0 0 0 0', `pod ${folder} us 2000000`],
    }),
  );
  expect(seen).toEqual({
    cpus: 4,
    cpu: 1,
    memory: { total: 4_096_000, used: 3_072_000 },
    pods: [{ namespace: 'shop', name: 'web-w-1', cpu: 0.5, memory: 4_000_000 }],
  });
});

test('version 1 has a folder for each controller, and a huge limit where there is none', () => {
  const below = (controller: string) => `/sys/fs/cgroup/${controller}/kubepods/burstable/pod${uid}/`;
  const of = (limit: string) =>
    usageIn(
      told({
        ...tasks,
        ...machine,
        'cpu-1': ['uptime 100.00', `pod ${below('cpuacct')} ns 1000000000`],
        pods: [
          `${below('memory')} used 7000`,
          `${below('memory')} idle 8000`,
          `${below('memory')} limit ${limit}`,
        ],
        'cpu-2': ['uptime 101.00', `pod ${below('cpuacct')} ns 1250000000`],
      }),
    ).pods;
  expect(of('9223372036854771712')).toEqual([{ namespace: 'shop', name: 'web-w-1', cpu: 0.25, memory: 0 }]);
  expect(of('64000000')[0]).toMatchObject({ limit: 64_000_000 });
});
