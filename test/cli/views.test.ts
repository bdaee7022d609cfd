import { expect, test } from 'vitest';
import { jsonView, plainView } from '../../src/cli/view/plain.js';
import { planText, type ShownPlan } from '../../src/cli/view/plan.js';
import { statusText } from '../../src/cli/view/status.js';
import { bytes } from '../../src/cli/view/texts.js';
import type { RunEvent } from '../../src/events.js';
import { estimateOf } from '../../src/plan/estimate.js';
import type { Situation } from '../../src/plan/situation.js';
import type { Plan, Step } from '../../src/plan/step.js';
import { wavesOf } from '../../src/plan/waves/waves-of.js';
import type { HostStatus, Status } from '../../src/stories/status.js';
import { desiredOf } from '../desired/desired-of.js';
import { controlPlane, inventoryOf } from '../desired/inventory-of.js';

type Unordered = Omit<Plan, 'waves'>;

const manifest = {
  pod: 'etcd',
  path: '/etc/kubernetes/manifests/etcd.yaml',
  mode: 0o600,
  sha256: 'a',
  revision: 'cafe',
};
const steps: readonly Step[] = [
  {
    host: 'cp-1',
    phase: 'binaries',
    action: {
      do: 'install-binary',
      path: '/usr/local/bin/kubelet',
      mode: 0o755,
      sha256: 'x',
      size: 58_300_000,
    },
    reason: 'the one on the host is not v1.36.3',
  },
  {
    host: 'cp-1',
    phase: 'control-plane',
    action: { do: 'switch-manifest', ...manifest },
    reason: 'its content differs',
    diff: '===================\n--- on the host: x\n+++ wanted: x\n@@ -1,1 +1,1 @@\n-old\n+new\n\\ No newline at end of file\n',
  },
  {
    host: 'cp-2',
    phase: 'control-plane',
    action: { do: 'put-manifest', ...manifest },
    reason: 'a static pod of this host',
  },
  {
    host: '',
    phase: 'cluster',
    action: { do: 'apply-object', object: 'Node cp-1', create: false },
    reason: 'its fields differ',
  },
];
const stranger = { host: 'cp-1', path: '/etc/kubernetes/manifests/x.yaml', said: 'not from podstrap' };
const plan: Unordered = { steps, strangers: [stranger] };

const inventory = inventoryOf({ kubernetesVersion: 'v1.36.3', hosts: [controlPlane(1), controlPlane(2)] });
const etcd = { members: [], voting: ['cp-1', 'cp-2'], leader: 'cp-1' };
const shown = (
  part: Unordered,
  situation: Situation = { kind: 'live', etcd, leaseHolders: [] },
): ShownPlan => {
  const uncompared = part.uncompared !== undefined;
  const desired = { hosts: desiredOf(inventory).hosts, manifests: [] };
  const waves = wavesOf({ steps: part.steps, desired, inventory, situation, uncompared });
  const whole = { ...part, waves };
  return { plan: whole, estimate: estimateOf(whole, inventory) };
};

test('a plan of a live cluster as text: node by node, in the order in which it happens', () => {
  expect(
    planText(shown(plan), 'plain'),
  ).toBe(`? cp-1: /etc/kubernetes/manifests/x.yaml: not from podstrap. Left alone.
1. cp-2
    + add static pod etcd  (a static pod of this host)
2. cp-1, the etcd leader: restarts etcd, kube-apiserver
    + install /usr/local/bin/kubelet (58.3 MB)  (the one on the host is not v1.36.3)
    ~ switch static pod etcd  (its content differs)
      --- on the host: x
      +++ wanted: x
      @@ -1,1 +1,1 @@
      -old
      +new
3. API objects
    ~ update Node cp-1  (its fields differ)

4 changes on 2 hosts; 2 restarts. About 62 s, 30 s of it watching what was changed, plus the time to send 58.3 MB to each host.`);
});

test('a plan of hosts with nothing to protect as text: all at once', () => {
  expect(planText(shown({ steps: steps.slice(0, 3), strangers: [] }, { kind: 'new' }), 'plain')).toMatch(
    /^1\. Prepare, all hosts at once\n {2}cp-1\n[\s\S]*2\. Start, all hosts at once: restarts etcd, kube-apiserver\n {2}cp-1, cp-2\n {4}~ switch static pod etcd on cp-1 [\s\S]* {4}\+ add static pod etcd on cp-2 /,
  );
});

test('an empty plan says so, and still tells of strangers', () => {
  expect(planText(shown({ steps: [], strangers: [] }), 'plain')).toBe(
    'Nothing to do: hosts and cluster are as the inventory says.',
  );
  expect(planText(shown({ steps: [], strangers: [stranger] }), 'plain').split('\n')).toHaveLength(2);
});

test('hosts that were not looked at are no hosts without changes', () => {
  const empty = { ...shown({ steps: [], strangers: [] }), skipped: ['cp-2'] };
  expect(planText(empty, 'plain')).toBe('Nothing to do on the hosts that were reached; not looked at: cp-2.');
  expect(planText({ ...shown(plan), skipped: ['cp-3'] }, 'plain')).toMatch(/ Not looked at: cp-3\.$/);
});

test('what nobody could tell about the API is said, and is not nothing', () => {
  const blind = { ...shown({ steps: [], strangers: [], uncompared: ['Node cp-1', 'Node cp-2'] }) };
  expect(planText(blind, 'plain').split('\n')).toEqual([
    '! 2 objects of the API could not be compared: no API server answered. `podstrap up` compares and applies them once one does.',
    'Nothing to do on the hosts.',
  ]);
  expect(statusText({ ...status, uncompared: ['Node cp-1'] }, 'plain')).toContain('! 1 object of the API');
});

test('what is pruned is said to go', () => {
  const { host, path } = stranger;
  const removal: Step = {
    host,
    phase: 'control-plane',
    action: { do: 'remove-file', path },
    reason: '--prune',
  };
  expect(planText(shown({ steps: [removal], strangers: [stranger] }), 'plain')).toContain('It is removed.');
});

test('a plan that restarts nothing says so', () => {
  expect(planText(shown({ steps: [steps[0]!], strangers: [] }), 'plain')).toMatch(
    /1 change on 1 host; nothing that runs is restarted\. About 31 s, 30 s of it watching/,
  );
});

const host: HostStatus = {
  host: 'cp-1',
  reachable: true,
  os: 'Debian GNU/Linux 13 (trixie)',
  kubelet: { healthy: true, version: 'v1.36.3' },
  pods: [
    {
      name: 'etcd',
      version: '3.6.8-0',
      wantedRevision: 'cafe',
      running: 'wanted',
      restarts: 0,
      healthy: true,
    },
    {
      name: 'kube-apiserver',
      wantedRevision: 'beef',
      running: 'other',
      restarts: 3,
      healthy: false,
      missing: 'kube-apiserver: /readyz: etcd failed',
    },
  ],
  certificates: [
    { name: 'apiserver', path: '/x', expires: '2027-01-01T00:00:00.000Z', daysLeft: 300 },
    { name: 'etcd-peer', path: '/y', expires: '2027-01-01T00:00:00.000Z', daysLeft: 299 },
  ],
  drift: ['write /etc/x (its content differs)'],
};
const status: Status = {
  apiVersion: 'podstrap.io/v1alpha1',
  kind: 'Status',
  cluster: 'prod',
  kubernetesVersion: 'v1.37.2',
  situation: 'live',
  healthy: false,
  hosts: [
    host,
    { host: 'cp-2', reachable: false, said: 'Connecting: timed out', pods: [], certificates: [], drift: [] },
  ],
  groups: [],
  etcd: [
    { name: 'cp-1', id: '1', role: 'leader', answers: true, version: '3.6.5' },
    { name: 'cp-2', id: '2', role: 'member', answers: false },
  ],
  addons: [
    {
      name: 'coredns',
      of: 'podstrap',
      objects: 1,
      workloads: [{ object: 'Deployment kube-system/coredns', state: 'well' }],
    },
    {
      name: 'shop',
      of: 'inventory',
      objects: 4,
      workloads: [
        {
          object: 'Deployment shop/web',
          state: 'not-well',
          said: '0 of 1 pods run as wanted\nweb waits: ImagePullBackOff',
        },
      ],
    },
    { name: 'settings', of: 'inventory', objects: 1, workloads: [] },
  ],
  clusterDrift: ['create Node cp-2 (it is not there)'],
  uncompared: [],
  strangers: [],
  refused: [],
};

test('a status as text', () => {
  expect(statusText(status, 'plain')).toBe(`prod: not healthy (etcd has quorum)  wanted: Kubernetes v1.37.2

✔ cp-1  Debian GNU/Linux 13 (trixie)  kubelet v1.36.3
  ✔ etcd                     3.6.8-0   cafe  restarts 0
  ✖ kube-apiserver                     another revision instead of beef  restarts 3  kube-apiserver: /readyz: etcd failed
  certificates: the next to expire is etcd-peer, in 299 days
  ~ write /etc/x (its content differs)

✖ cp-2  Connecting: timed out

etcd
  ✔ cp-1  leader  3.6.5
  ✖ cp-2  member  does not answer

addons
  ✔ coredns  Deployment kube-system/coredns  runs
  ✖ shop  Deployment shop/web  does not run as wanted: 0 of 1 pods run as wanted
      web waits: ImagePullBackOff
  ✔ settings  1 object, nothing that runs

~ cluster: create Node cp-2 (it is not there)`);
});

test('a run that is at work on a host is shown there', () => {
  const locked = { ...host, lock: { owner: 'me@here (podstrap up)', age: 75, silent: 4 } };
  expect(statusText({ ...status, hosts: [locked] }, 'plain')).toContain(
    '\n  ~ locked by me@here (podstrap up) for 75 s; last heartbeat 4 s ago\n',
  );
});

test('certificates that end soon are named', () => {
  const ending = { ...host, certificates: [{ ...host.certificates[0]!, daysLeft: 12 }] };
  expect(statusText({ ...status, hosts: [ending] }, 'plain')).toContain(
    'certificates that expire soon: apiserver in 12 days',
  );
});

const events: readonly RunEvent[] = [
  { event: 'stage', stage: 'connect', state: 'started' },
  { event: 'stage', stage: 'connect', state: 'finished', seconds: 0.25 },
  { event: 'transfer', host: 'cp-1', artifact: '/usr/local/bin/kubelet', sent: 1, total: 2 },
  { event: 'waiting', host: 'cp-1', stage: 'verify', for: 'etcd: 2 of 3 members vote' },
  { event: 'step', host: 'cp-1', step: 'write /etc/x', reason: 'its content differs' },
  { event: 'host-done', host: 'cp-1', stage: 'verify', did: 'healthy' },
  { event: 'warning', host: 'cp-1', message: 'its clock is 9 s ahead' },
];
const linesOf = (
  view: (write: (line: string) => void) => { emit(event: RunEvent): void },
): readonly string[] => {
  const lines: string[] = [];
  const { emit } = view((line) => lines.push(line));
  events.forEach(emit);
  return lines;
};

test('without a terminal: a line for what ended and for what is wrong', () => {
  expect(linesOf((write) => plainView(write, false))).toEqual([
    'Connect: done in 0.3 s',
    'cp-1: verify: healthy',
    'cp-1: warning: its clock is 9 s ahead',
  ]);
});

test('verbose: every step and every wait as well', () => {
  expect(linesOf((write) => plainView(write, true))).toEqual([
    'Connect: done in 0.3 s',
    'cp-1: waiting for etcd: 2 of 3 members vote',
    'cp-1: write /etc/x (its content differs)',
    'cp-1: verify: healthy',
    'cp-1: warning: its clock is 9 s ahead',
  ]);
});

test('as JSON: every event as it is, and when', () => {
  const head = { apiVersion: 'podstrap.io/v1alpha1', kind: 'Event', at: '2026-05-01T10:15:00.000Z' };
  const view = (write: (line: string) => void) => jsonView(write, () => new Date(head.at));
  expect(linesOf(view).map((line) => JSON.parse(line))).toEqual(
    events.map((event) => ({ ...head, ...event })),
  );
});

test.each([
  [0, '0 kB'],
  [1, '1 kB'],
  [999_999, '1000 kB'],
  [1_500_000, '1.5 MB'],
  [2_340_000_000, '2.34 GB'],
])('%i bytes are %s', (count, text) => {
  expect(bytes(count)).toBe(text);
});
