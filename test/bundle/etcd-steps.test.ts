import { expect, it } from 'vitest';
import { etcdSteps } from '../../src/bundle/etcd-steps.js';
import { inventoryWith } from './world.js';

const cases = [
  { versions: ['v1.36.3'], etcd: {}, steps: [] },
  { versions: ['v1.35.0', 'v1.36.3'], etcd: {}, steps: [] },
  { versions: ['v1.35.0', 'v1.36.3', 'v1.37.2'], etcd: {}, steps: [] },
  { versions: ['v1.37.2', 'v1.35.0'], etcd: {}, steps: ['registry.k8s.io/etcd:3.6.11-0'] },
  {
    versions: ['v1.35.0', 'v1.37.2'],
    etcd: { local: { imageRepository: 'registry.example/k8s' } },
    steps: ['registry.example/k8s/etcd:3.6.11-0'],
  },
  { versions: ['v1.36.3', 'v1.37.2'], etcd: { local: { imageTag: '3.6.12-0' } }, steps: [] },
  { versions: ['v1.36.3', 'v1.37.2'], etcd: { local: { imageTag: 'ours' } }, steps: [] },
];

it.for(cases)('$versions with etcd $etcd go by way of $steps', ({ versions, etcd, steps }) => {
  expect(etcdSteps(inventoryWith({ etcd }), versions)).toEqual(steps);
});
