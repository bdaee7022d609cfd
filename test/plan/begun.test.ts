import { expect, test } from 'vitest';
import { fixedOf } from '../../src/desired/fixed.js';
import { settledAtBirth } from '../../src/desired/settled.js';
import { begun } from '../../src/plan/documents/begun.js';
import { controlPlane, inventoryOf } from '../desired/inventory-of.js';

const of = (podSubnet: string, virtualAddress?: { address: string }) =>
  inventoryOf({
    kubernetesVersion: 'v1.36.3',
    networking: { podSubnet, plugin: 'none' },
    hosts: [controlPlane(1)],
    ...(virtualAddress ? { virtualAddress } : {}),
  });
const id = 'a'.repeat(32);
const before = of('10.244.0.0/16');
const proved = {
  ...settledAtBirth(before, id),
  cluster: 'test',
  fixed: fixedOf(before),
  versions: { kubernetes: 'v1.36.3', etcd: '3.6.5' },
  bootstrapped: true,
};
const after = of('10.240.0.0/12', { address: '10.0.0.9' });
const wanted = settledAtBirth(after, id);

test('while a run is at work, what was proved stays on record, and what is given away is noted', () => {
  const born = { 'cp-2': { initialCluster: 'cp-2=x', state: 'existing' as const } };
  const noted = begun({ ...wanted, etcd: { ...wanted.etcd, ...born } }, proved, fixedOf(after));
  expect(noted).toMatchObject({
    endpoint: '10.0.0.11:6443',
    fixed: { podSubnet: '10.244.0.0/16' },
    versions: proved.versions,
    etcd: born,
  });
  expect(noted).not.toHaveProperty('virtualAddress');
});

test('before the first bootstrap is finished nothing was proved', () => {
  const noted = begun(wanted, { ...proved, bootstrapped: false }, fixedOf(after));
  expect(noted).toMatchObject({ endpoint: '10.0.0.9:6443', fixed: { podSubnet: '10.240.0.0/12' } });
});
