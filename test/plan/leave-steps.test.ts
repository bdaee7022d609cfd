import { expect, test } from 'vitest';
import { type LeaveInput, leaveSteps } from '../../src/plan/leave/leave-steps.js';
import { leaveTurns } from '../../src/plan/leave/leave-turns.js';
import { describeStep, type Step } from '../../src/plan/step.js';
import { controlPlane, inventoryOf } from '../desired/inventory-of.js';
import { bareFacts } from './facts-of.js';

const clusterId = 'a'.repeat(32);
const record = (id: string) => ({
  clusterId: id,
  cluster: 'prod',
  endpoint: '',
  etcd: {},
  bootstrapped: true,
});
const member = (name: string) => ({ id: `id of ${name}`, name, peerUrls: [], learner: false });
const node = (name: string, ready = 'True') => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels: { 'kubernetes.io/hostname': name } },
  status: { conditions: [{ type: 'Ready', status: ready }] },
});
const ours = (name: string) => bareFacts(name, { record: record(clusterId), nodeName: name });
const told = ({ host, phase, action, reason }: Step) =>
  `${phase} ${host}: ${describeStep({ host, phase, action, reason })} (${reason})`;

function stepsFor(change: Partial<LeaveInput>): readonly string[] {
  const etcd = {
    members: ['cp-1', 'cp-2', 'cp-3'].map(member),
    voting: ['cp-1', 'cp-2', 'cp-3'],
    leader: 'cp-1',
  };
  return leaveSteps({
    leaving: [],
    etcd,
    members: [],
    nodeOf: (name) => node(name),
    ...change,
  }).map(told);
}

const left = 'it is no longer in spec.hosts';

test('a worker is drained, put back, and deleted', () => {
  expect(stepsFor({ leaving: [{ name: 'w-1', facts: ours('w-1') }] })).toEqual([
    `leave w-1: drain node w-1 (${left})`,
    `leave w-1: reset the host: remove what podstrap put on it (${left})`,
    `leave w-1: delete Node w-1 (${left})`,
  ]);
});

test('a control plane ends its components while its etcd answers, and its member goes before the host is put back', () => {
  const leaving = [{ name: 'cp-3', facts: ours('cp-3') }];
  expect(stepsFor({ leaving, members: [{ id: '3', name: 'cp-3' }] })).toEqual([
    `leave cp-3: drain node cp-3 (${left})`,
    'leave cp-3: stop kube-apiserver, kube-controller-manager and kube-scheduler (they need the etcd beside them)',
    `leave cp-3: remove etcd member cp-3 (${left})`,
    `leave cp-3: reset the host: remove what podstrap put on it (${left})`,
    `leave cp-3: delete Node cp-3 (${left})`,
  ]);
});

test('a dead one goes before all else; nobody waits for its kubelet, and what is not done is said', () => {
  const etcd = { members: ['cp-1', 'cp-3'].map(member), voting: ['cp-1'], leader: 'cp-1' };
  const found = stepsFor({
    etcd,
    leaving: [{ name: 'cp-3', said: 'no route to host' }],
    members: [{ id: '3', name: 'cp-3' }],
    // As it is in the first seconds.
    nodeOf: (name) => node(name, 'True'),
  });
  expect(found).toHaveLength(2);
  expect(found[0]).toMatch(
    /^lost-members cp-3: remove etcd member cp-3 \(it does not vote; .*nothing is deleted/,
  );
  expect(found[1]).toMatch(/^leave cp-3: delete Node cp-3 \(.*cannot be reached: no route to host\)$/);
});

test('a machine that is not that host is left alone, and the node goes', () => {
  const leaving = [{ name: 'w-1', facts: ours('w-2'), isNot: 'is w-2' }];
  expect(stepsFor({ leaving })).toEqual([
    `leave w-1: delete Node w-1 (${left}; nothing is deleted on the machine at its address, which is w-2)`,
  ]);
});

test('a member that no host is known of goes as well, and a host that has left already has nothing to do', () => {
  expect(
    stepsFor({
      leaving: [{ name: 'w-1', facts: bareFacts('w-1'), isNot: 'has nothing of this cluster' }],
      members: [{ id: '9', name: 'https://10.0.0.19:2380' }],
      nodeOf: () => undefined,
    }),
  ).toEqual([
    `lost-members https://10.0.0.19:2380: remove etcd member https://10.0.0.19:2380 (it does not vote; ${left}; nothing is deleted on the host, which cannot be reached)`,
  ]);
});

test('claimed volumes that only this node has are named', () => {
  const volume = (name: string, hosts: readonly string[], claimed = true) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      ...(claimed ? { claimRef: { namespace: 'shop', name: 'data' } } : {}),
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [...hosts] }] },
          ],
        },
      },
    },
  });
  const volumes = [
    volume('mine', ['w-1']),
    volume('theirs', ['w-2']),
    volume('both', ['w-1', 'w-2']),
    volume('free', ['w-1'], false),
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: 'far' },
      spec: { claimRef: { name: 'x' } },
    },
  ];
  expect(stepsFor({ leaving: [{ name: 'w-1', facts: ours('w-1') }], volumes }).at(-1)).toBe(
    `leave w-1: delete Node w-1, the only one with volume mine (claim shop/data) (${left})`,
  );
});

test('workers leave together where nobody is drained, control planes one after another, at the end', () => {
  const leaving = ['cp-2', 'w-1', 'cp-3', 'w-2', 'w-3'].map((name) => ({ name, facts: ours(name) }));
  const etcd = {
    members: ['cp-1', 'cp-2', 'cp-3'].map(member),
    voting: ['cp-1', 'cp-2', 'cp-3'],
    leader: 'cp-1',
  };
  const steps = leaveSteps({
    leaving,
    etcd,
    members: ['cp-2', 'cp-3'].map((name) => ({ id: name, name })),
    nodeOf: (name) => node(name, name === 'w-3' ? 'True' : 'Unknown'),
  });
  const inventory = inventoryOf({
    kubernetesVersion: 'v1.36.3',
    networking: { podSubnet: '10.244.0.0/16', plugin: 'none' },
    hosts: [controlPlane(1)],
  });
  expect(leaveTurns(steps, inventory)).toEqual([['w-1', 'w-2'], ['w-3'], ['cp-2'], ['cp-3']]);
});
