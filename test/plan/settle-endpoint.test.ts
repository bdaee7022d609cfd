import { expect, test } from 'vitest';
import { knownHosts } from '../../src/desired/known-host.js';
import type { Situation } from '../../src/plan/situation.js';
import { settleEndpoint } from '../../src/survey/settle-endpoint.js';
import { controlPlane, inventoryOf, type SpecText } from '../desired/inventory-of.js';

const three = [controlPlane(1), controlPlane(2), controlPlane(3)];
const of = (hosts: SpecText['hosts'], more: Partial<SpecText> = {}) =>
  inventoryOf({
    kubernetesVersion: 'v1.36.3',
    networking: { podSubnet: '10.244.0.0/16', plugin: 'none' },
    hosts,
    ...more,
  });
const record = (endpoint: string) => ({ endpoint, hosts: knownHosts(of(three).spec.hosts, new Map()) });
const live = (...voting: string[]): Situation => ({
  kind: 'live',
  leaseHolders: [],
  etcd: { members: [], voting, leader: voting[0] },
});
const first = '10.0.0.11:6443';

test('it is that of the first control plane, and stays while that one stays, in whatever place', () => {
  expect(settleEndpoint(of(three), undefined, { kind: 'new' })).toBe(first);
  expect(settleEndpoint(of([...three].reverse()), record(first), live('cp-1'))).toBe(first);
});

test('when that one leaves, the first one whose etcd votes takes its place, and keeps it', () => {
  const without = of([controlPlane(4), controlPlane(2), controlPlane(3)]);
  expect(settleEndpoint(without, record(first), live('cp-2', 'cp-3'))).toBe('10.0.0.12:6443');
  expect(settleEndpoint(without, record('10.0.0.12:6443'), live('cp-3', 'cp-4'))).toBe('10.0.0.12:6443');
});

test('a virtual address is the endpoint while control planes hold it, unless another one is said', () => {
  const virtualAddress = { address: '10.0.0.10' };
  const settle = (more: Partial<SpecText>, earlier?: string) =>
    settleEndpoint(
      of(three, more),
      { ...record(`${earlier ?? '10.0.0.11'}:6443`), ...(earlier ? { virtualAddress: earlier } : {}) },
      live('cp-1'),
    );
  expect(settle({ virtualAddress })).toBe('10.0.0.10:6443');
  expect(settle({ virtualAddress, controlPlaneEndpoint: 'api.example.com' })).toBe('api.example.com:6443');
  expect(settle({ virtualAddress }, '10.0.0.9')).toBe('10.0.0.10:6443');
  expect(settle({}, '10.0.0.10')).toBe(first);
});

test('an endpoint that was said once and is no host’s stays; one that is said now is taken', () => {
  expect(settleEndpoint(of(three.slice(1)), record('api.example.com:6443'), live('cp-2'))).toBe(
    'api.example.com:6443',
  );
  expect(settleEndpoint(of(three, { controlPlaneEndpoint: 'lb:8443' }), record(first), live('cp-1'))).toBe(
    'lb:8443',
  );
});

test('it follows the port of the API servers, on the control plane that it leads to', () => {
  const moved = { apiServer: { bindPort: 7443 } };
  expect(settleEndpoint(of(three, moved), record('10.0.0.12:6443'), live('cp-1'))).toBe('10.0.0.12:7443');
  expect(settleEndpoint(of(three, moved), record('api.example:6443'), live('cp-1'))).toBe('api.example:6443');
});
