import { describe, expect, test } from 'vitest';
import { planText } from '../../src/cli/view/plan.js';
import { planMarkdown } from '../../src/cli/view/plan-markdown.js';
import type { Artifact } from '../../src/desired/artifact.js';
import { wantedImages } from '../../src/desired/artifacts.js';
import { etcdMarkerPath } from '../../src/desired/pods/etcd-marker.js';
import { bornTogether } from '../../src/desired/settled.js';
import { nothingYet } from '../../src/observed/views/api-view.js';
import { estimateOf } from '../../src/plan/estimate.js';
import { makePlan } from '../../src/plan/make-plan.js';
import type { Situation } from '../../src/plan/situation.js';
import type { Action, Plan, Step } from '../../src/plan/step.js';
import { wavesOf } from '../../src/plan/waves/waves-of.js';
import { desiredOf } from '../desired/desired-of.js';
import { controlPlane, inventoryOf, worker } from '../desired/inventory-of.js';
import { bareFacts } from '../plan/facts-of.js';

const inventory = inventoryOf({
  kubernetesVersion: 'v1.36.3',
  hosts: [controlPlane(1), controlPlane(2), controlPlane(3)],
});
const names = inventory.spec.hosts.map(({ name }) => name);
const live: Situation = {
  kind: 'live',
  leaseHolders: [],
  etcd: { members: [], voting: names, leader: 'cp-1' },
};
type Unordered = Omit<Plan, 'waves'>;
const shown = (plan: Unordered, situation: Situation = live, of = inventory) => {
  const desired = { hosts: desiredOf(of).hosts, manifests: [] };
  const waves = wavesOf({ steps: plan.steps, desired, inventory: of, situation, uncompared: false });
  const whole = { ...plan, waves };
  return { plan: whole, estimate: estimateOf(whole, of) };
};
const planOf = (...steps: readonly Step[]): Unordered => ({ steps, strangers: [] });

const programs = [
  ...['kubelet', 'kubectl', 'containerd', 'containerd-shim-runc-v2', 'ctr'].map(
    (name) => `/usr/local/bin/${name}`,
  ),
  '/usr/local/sbin/runc',
  ...['bandwidth', 'bridge', 'firewall', 'host-device', 'host-local', 'loopback', 'portmap', 'ptp'].map(
    (name) => `/opt/cni/bin/${name}`,
  ),
];

/** What the first `plan` of three bare hosts finds to do. */
function firstPlan(): Plan {
  const digest = (index: number) => String(index).padStart(64, '0');
  const images = [...new Set(inventory.spec.hosts.flatMap((host) => wantedImages({ inventory, host })))];
  const artifacts: readonly Artifact[] = [
    ...images.map(
      (ref, index): Artifact => ({
        ...{ kind: 'image', ref, arch: 'amd64', digest: `sha256:${digest(index)}`, size: 30e6 },
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        blobs: [{ sha256: digest(index), size: 30e6 }],
      }),
    ),
    ...programs.map(
      (path, index): Artifact => ({
        ...{ kind: 'binary', name: path.replace(/.*\//, ''), version: 'v1.36.3', arch: 'amd64', path },
        ...{ mode: 0o755, sha256: digest(100 + index), size: 4e6 },
      }),
    ),
  ];
  return makePlan({
    inventory,
    situation: { kind: 'new' },
    prune: false,
    desired: desiredOf(inventory, { artifacts }),
    facts: new Map(names.map((name) => [name, bareFacts(name)])),
    arrivals: new Map(names.map((name) => [name, { kind: 'together' }])),
    etcd: undefined,
    api: nothingYet,
    markerOf: (host) => etcdMarkerPath(inventory, bornTogether(inventory)[host]!),
    judge: () => [],
  });
}

/** Lines of a terminal that is so wide. */
const rows = (text: string, columns: number): number =>
  text.split('\n').reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / columns)), 0);

describe('the first plan of three control planes', () => {
  const plan = firstPlan();
  const text = planText(shown(plan, { kind: 'new' }), 'plain');

  test('fits on two screens of a small terminal', () => {
    expect(plan.steps.length).toBeGreaterThan(250);
    expect(rows(text, 80), text).toBeLessThanOrEqual(50);
  });

  test('says once what all of them get, creates it, and tells where all of it is to be read', () => {
    expect(text).toContain('\n  cp-1, cp-2, cp-3\n    + install 14 programs (56.0 MB): kubelet, ');
    expect(text).toMatch(/^ {4}\+ import \d images \(\d+\.0 MB\): /m);
    expect(text).toMatch(/^ {4}\+ create \d+ objects: /m);
    expect(text).not.toMatch(/^ +[~-] /m);
    expect(text.split('\n').at(-1)).toBe('`podstrap plan -v` lists every change.');
  });

  test.each([40, 60, 80])('has no line that is wider than %i, and cuts no word', (width) => {
    const narrow = planText({ ...shown(plan, { kind: 'new' }), width }, 'plain');
    const words = (of: string) => of.split(/\s+/);
    expect(words(narrow)).toEqual(words(text));
    for (const line of narrow.split('\n'))
      if (line.trim().includes(' ')) expect(line.length, line).toBeLessThanOrEqual(width);
  });

  test('shows every step of every host when asked to', () => {
    const all = planText({ ...shown(plan, { kind: 'new' }), every: true }, 'plain');
    expect(all.split('\n').filter((line) => /^ {4}[+~-] /.test(line))).toHaveLength(plan.steps.length);
  });

  test('starts what speaks to an API server after the kubelet that starts one', () => {
    const at = (words: string) => text.indexOf(words);
    expect(at('add static pod kube-apiserver')).toBeLessThan(at('start kubelet.service'));
    expect(at('start kubelet.service')).toBeLessThan(at('add static pod kube-scheduler'));
  });
});

const step = (host: string, phase: Step['phase'], action: Action, more: Partial<Step> = {}): Step => ({
  ...{ host, phase, action, reason: 'a test' },
  ...more,
});
const manifest = { path: '/m', mode: 0o600, sha256: 'a', revision: 'r' };
const switched = (host: string, revision: string): Step =>
  step(
    host,
    'control-plane',
    { do: 'switch-manifest', pod: 'kube-apiserver', ...manifest },
    {
      replaces: 'b',
      diff: `--- on the host\n+++ wanted\n@@ -1,2 +1,2 @@\n-    podstrap.io/revision: ${revision}1\n+    podstrap.io/revision: ${revision}2\n   --advertise-address=${host}\n+  --v=3\n`,
    },
  );

test('a change that is the same on node after node stands once', () => {
  const text = planText(shown(planOf(...names.map((name) => switched(name, name)))), 'plain');
  expect(text.split('\n').filter((line) => /^\S|the same|--v=3/.test(line))).toEqual([
    '1. cp-2: restarts kube-apiserver',
    '      +  --v=3',
    '2. cp-3: restarts kube-apiserver',
    '    the same as on cp-2',
    '3. cp-1, the etcd leader: restarts kube-apiserver',
    '    the same as on cp-2',
    expect.stringMatching(/^3 changes on 3 hosts; 3 restarts\./),
  ]);
});

test('what one of them does besides is told there', () => {
  const more = step('cp-1', 'certificates', { do: 'remove-file', path: '/x' });
  const text = planText(shown(planOf(more, ...names.map((name) => switched(name, name)))), 'plain');
  expect(text).toMatch(/3\. cp-1, .*\n {4}the same as on cp-2, and\n {4}- remove \/x {2}\(a test\)\n\n/);
});

test('a change that is another one on each host is told of each', () => {
  const text = planText(
    shown(planOf(...names.map((name) => ({ ...switched(name, name), reason: `of ${name}` })))),
    'plain',
  );
  expect(text.match(/--v=3/g)).toHaveLength(3);
});

test('where hosts of a wave differ, a line says on which it is, in the order of each', () => {
  const of = inventoryOf({ kubernetesVersion: 'v1.36.3', hosts: [controlPlane(1), worker(1), worker(2)] });
  const hosts = ['cp-1', 'w-1', 'w-2'];
  const steps = [
    ...hosts.map((host) => step(host, 'node', { do: 'load-module', name: 'overlay' })),
    step('cp-1', 'node', { do: 'make-directory', path: '/etcd', mode: 0o700 }),
    ...hosts.map((host) => step(host, 'node', { do: 'start-unit', name: 'containerd.service' })),
    step('w-1', 'images', { do: 'pin-image', ref: 'x' }),
    step('w-2', 'images', { do: 'pin-image', ref: 'x' }),
  ];
  expect(
    planText(shown(planOf(...steps), { kind: 'new' }, of), 'plain')
      .split('\n')
      .slice(0, 6),
  ).toEqual([
    'Prepare, all hosts at once',
    '  cp-1, w-1, w-2',
    '    + load kernel module overlay  (a test)',
    '    + make directory /etcd on cp-1  (a test)',
    '    + start containerd.service  (a test)',
    '    ~ pin x against garbage collection on w-1, w-2  (a test)',
  ]);
});

test('steps stand in the order in which a host of a live cluster takes them', () => {
  const host = 'cp-1';
  const steps = [
    step(host, 'binaries', { do: 'drain-node', node: host }),
    step(host, 'binaries', { do: 'make-directory', path: '/d', mode: 0o700 }),
    step(host, 'binaries', { do: 'install-binary', ...manifest, size: 1 }, { replaces: 'b' }),
    step(host, 'control-plane', { do: 'promote-etcd-member', member: host }),
    step(host, 'control-plane', { do: 'restart-unit', name: 'kubelet.service' }),
    switched(host, 'r'),
    step(host, 'control-plane', { do: 'uncordon-node', node: host }),
    step(host, 'control-plane', { do: 'enable-unit', name: 'kubelet.service' }),
  ];
  const text = planText(shown(planOf(...steps)), 'plain');
  expect([...text.matchAll(/^ {4}([+~-] .*?) {2}\(/gm)].map(([, line]) => line)).toEqual([
    '~ drain node cp-1',
    '~ install /m (1 kB)',
    '+ make directory /d',
    '+ enable kubelet.service',
    '~ restart kubelet.service',
    '~ switch static pod kube-apiserver',
    '~ promote etcd member cp-1',
    '~ uncordon node cp-1',
  ]);
});

test('what is created, changed and removed has a sign of its own', () => {
  const write = { do: 'write-file', path: '/w', mode: 0o600, sha256: 'a', secret: false } as const;
  const text = planText(
    shown(
      planOf(
        step('cp-1', 'node', write),
        step('cp-1', 'node', { ...write, path: '/changed' }, { replaces: 'b' }),
        step('cp-1', 'node', { do: 'remove-file', path: '/gone' }),
        step('', 'cluster', { do: 'remove-object', object: 'Node x' }),
      ),
    ),
    'plain',
  );
  expect(text).toMatch(/\+ write \/w .*\n.*~ write \/changed .*\n.*- remove \/gone/);
  expect(text).toContain('- remove Node x');
});

test('many removals are never put together', () => {
  const removals = [1, 2, 3, 4].map((one) => step('cp-1', 'node', { do: 'remove-file', path: `/${one}` }));
  expect(planText(shown(planOf(...removals)), 'plain').match(/- remove/g)).toHaveLength(4);
});

describe('as Markdown', () => {
  test('the order is a table, and what each host does is folded', () => {
    expect(
      planMarkdown(shown(planOf(switched('cp-2', 'r'), switched('cp-1', 'r'))), 'prod'),
    ).toBe(`### podstrap plan of \`prod\`

**2 changes on 2 hosts; 2 restarts. About 52 s, 30 s of it watching what was changed.**

| | In this order | Changes | Restarts |
|---|---|---|---|
| 1 | \`cp-2\` | 1 | \`kube-apiserver\` |
| 2 | \`cp-1, the etcd leader\` | 1 | \`kube-apiserver\` |

<details><summary>cp-2: 1 change, restarts kube-apiserver</summary>

- \`~ switch static pod kube-apiserver\` \`a test\`

  \`\`\`diff
  --- on the host
  +++ wanted
  @@ -1,2 +1,2 @@
  -    podstrap.io/revision: r1
  +    podstrap.io/revision: r2
     --advertise-address=cp-2
  +  --v=3
  \`\`\`


</details>

<details><summary>cp-1: 1 change, restarts kube-apiserver</summary>

- \`~ switch static pod kube-apiserver\` \`a test\`

  \`\`\`diff
  --- on the host
  +++ wanted
  @@ -1,2 +1,2 @@
  -    podstrap.io/revision: r1
  +    podstrap.io/revision: r2
     --advertise-address=cp-1
  +  --v=3
  \`\`\`


</details>
`);
  });

  test('an empty plan is one sentence', () => {
    expect(planMarkdown(shown(planOf()), 'prod')).toBe(
      '### podstrap plan of `prod`\n\nNothing to do: hosts and cluster are as the inventory says.\n',
    );
  });

  test('nothing that a host says ends the code it stands in', () => {
    const hostile = '```\n</details> `x` <img src=x> | @everyone';
    const text = planMarkdown(
      shown({
        steps: [{ ...switched('cp-1', 'r'), reason: hostile, diff: `+${hostile}\n+~~~\n` }],
        strangers: [{ host: 'cp-1', path: hostile, said: hostile }],
      }),
      'prod',
    );
    const outside = text
      .replace(/^ {2}(`{3,})diff\n[\s\S]*?^ {2}\1$/gm, '')
      .replace(/(`+)(?!`)[^\n]*?[^`]\1(?!`)/g, '');
    for (const word of ['<img', '@everyone', '~~~']) expect(outside).not.toContain(word);
    expect(outside.match(/<\/details>/g)).toHaveLength(1);
  });
});
