import { expect, test } from 'vitest';
import { requestsOf } from '../../src/inventory/static-pods/requests-of.js';
import { overCapacity } from '../../src/plan/refuse/over-capacity.js';
import { desiredOf } from '../desired/desired-of.js';
import { documentWith, filesOf, inventoryOf } from '../inventory/sample.js';
import { bareFacts } from './facts-of.js';

const asking = (cpu: string, memory: string) => ({ resources: { requests: { cpu, memory } } });

test('what a pod asks for is counted as a kubelet counts it', () => {
  const of = (spec: object) => requestsOf({ spec });
  expect(of({ containers: [asking('100m', '64Mi'), asking('1', '1Gi')] })).toEqual({
    cpu: 1.1,
    memory: 64 * 2 ** 20 + 2 ** 30,
  });
  expect(of({ containers: [{ resources: { limits: { cpu: '2' } } }, {}] })).toEqual({ cpu: 2, memory: 0 });
  const initContainers = [{ restartPolicy: 'Always', ...asking('1', '1') }, asking('3', '1')];
  expect(of({ initContainers, containers: [asking('2', '1')] }).cpu).toBe(4);
  expect(of({ initContainers, containers: [asking('5', '1')] }).cpu).toBe(6);
  expect(
    of({ resources: { requests: { cpu: '3' } }, containers: [asking('9', '1')], overhead: { cpu: '1' } }).cpu,
  ).toBe(4);
});

const inventory = (kubelet: object = {}, host = 'w-1') =>
  inventoryOf(
    documentWith({
      hosts: [
        { name: 'cp-1', address: '192.0.2.1', roles: ['control-plane'] },
        { name: 'w-1', address: '192.0.2.2', roles: ['worker'] },
      ],
      kubelet: { config: kubelet },
      staticPods: ['one', 'two'].map((name) => ({
        name,
        manifest: `${name}.yaml`,
        hosts: { names: [host] },
      })),
    }),
    {
      files: filesOf(
        Object.fromEntries(
          ['one', 'two'].map((name) => [
            `/inventory/${name}.yaml`,
            `{apiVersion: v1, kind: Pod, spec: {containers: [{name: a, image: 'x.io/a:1', readinessProbe: {tcpSocket: {port: 1}}, resources: {requests: {cpu: 1500m, memory: 1Gi}}}]}}`,
          ]),
        ),
      ),
    },
  );
const said = (facts: object, kubelet: object = {}, host = 'w-1') => {
  const made = inventory(kubelet, host);
  const other = host === 'w-1' ? 'cp-1' : 'w-1';
  return overCapacity(
    made,
    desiredOf(made),
    new Map([
      [other, bareFacts(other, { cpus: 0.1 })],
      [host, bareFacts(host, facts)],
    ]),
  ).map((failure) => `${failure.kind} ${failure.where.host}: ${failure.said}`);
};

test('pods that ask for more than their host has are refused, each with what it asks for', () => {
  expect(said({ cpus: 4, memory: 3 * 2 ** 30 })).toEqual([]);
  expect(said({ cpus: 2, memory: 3 * 2 ** 30 })).toEqual([
    'refused w-1: haproxy 25m, one 1500m, two 1500m: 3025m of cpu in total, and the kubelet has only 2000m to give',
  ]);
  expect(said({ cpus: 4, memory: 2 * 2 ** 30 })).toEqual([
    'refused w-1: haproxy 32Mi, one 1024Mi, two 1024Mi: 2080Mi of memory in total, and the kubelet has only 1948Mi to give',
  ]);
});

test('what the kubelet keeps back for the host is not to be had', () => {
  expect(said({ cpus: 3.1 }, { systemReserved: { cpu: '100m' } })).toHaveLength(1);
  expect(said({ memory: 2.5 * 2 ** 30 }, { kubeReserved: { memory: '600Mi' } })).toHaveLength(1);
  expect(said({ memory: 2.5 * 2 ** 30 }, { evictionHard: { 'memory.available': '50%' } })).toHaveLength(1);
});

test('what the control plane asks for is no longer there for others; one alone is not judged', () => {
  expect(said({ cpus: 3, memory: 8 * 2 ** 30 }, {}, 'cp-1')).toEqual([
    'refused cp-1: etcd 100m, kube-apiserver 250m, kube-controller-manager 200m, kube-scheduler 100m, one 1500m, two 1500m: 3650m of cpu in total, and the kubelet has only 3000m to give',
  ]);
  expect(said({ cpus: 4, memory: 8 * 2 ** 30 }, {}, 'cp-1')).toEqual([]);
  expect(said({ cpus: 4, memory: 2.1 * 2 ** 30 }, {}, 'cp-1')).toHaveLength(1);
});
