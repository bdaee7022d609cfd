import { expect, test } from 'vitest';
import { everyField, explained } from '../../src/inventory/explain.js';
import { jsonSchema } from '../../src/inventory/json-schema.js';

const schema = jsonSchema();
const pathOf = (typed: string) => {
  const found = explained(schema, typed);
  return 'schema' in found ? found.path : found;
};

test.each([
  ['', ''],
  ['spec.etcd', 'spec.etcd'],
  ['spec.hosts[].roles', 'spec.hosts[].roles'],
  ['spec.hosts.roles', 'spec.hosts[].roles'],
  ['spec.hosts[0].roles', 'spec.hosts[].roles'],
  ['podSubnet', 'spec.networking.podSubnet'],
  ['networking.podSubnet', 'spec.networking.podSubnet'],
  ['spec.hosts.labels.disk', 'spec.hosts[].labels.*'],
])('%j is the field %j', (typed, path) => {
  expect(pathOf(typed)).toBe(path);
});

test.each([
  [
    'spec.etdc',
    { said: 'spec has no field etdc; did you mean "etcd"?', next: expect.stringContaining('etcd') },
  ],
  [
    'spec.kubernetesVersion.minor',
    { said: 'spec.kubernetesVersion has no fields of its own', next: expect.any(String) },
  ],
  ['podsubnet', { said: expect.stringContaining('did you mean "podSubnet"?'), next: expect.any(String) }],
  [
    'extraArgs',
    {
      said: expect.stringMatching(/^\d+ fields have that name$/),
      next: expect.stringContaining('spec.apiServer.extraArgs'),
    },
  ],
])('%j leads nowhere, and that is said', (typed, told) => {
  expect(pathOf(typed)).toEqual(told);
});

test('every field is found by its own path', () => {
  for (const { path } of everyField(schema)) expect(pathOf(path.replaceAll('.*', '.x'))).toBe(path);
});
