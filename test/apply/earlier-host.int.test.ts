import { afterEach, expect, it, test } from 'vitest';
import { earlierHost } from '../../src/apply/undo/earlier-host.js';
import type { DesiredHost, Resource } from '../../src/desired/resource.js';
import { Failure } from '../../src/failure.js';
import { paths } from '../../src/host/paths.js';
import { gateOf, kubeletGateOf } from '../../src/verify/gate.js';
import { makeWorld, type World } from './world.js';

let world: World;
afterEach(() => world.dispose());

const manifest = `${paths.manifests}/kube-scheduler.yaml`;
const base = { phase: 'control-plane', mode: 0o600, content: '', because: 'it is there' } as const;
const wanted: DesiredHost = {
  host: 'cp-1',
  resources: [
    { ...base, kind: 'file', path: paths.kubeletConfig } as Resource,
    { ...base, kind: 'static-pod', name: 'kube-scheduler', path: manifest, revision: '' } as Resource,
  ],
};
const pod = (labels: string, container: string) =>
  `metadata: {labels: ${labels}}\nspec: {containers: [${container}]}\n`;
const sound = pod(
  '{podstrap.io/revision: 3f2a}',
  '{readinessProbe: {httpGet: {host: 127.0.0.1, port: 10259, scheme: HTTPS, path: /readyz}}}',
);

test('gates are read of what is there', async () => {
  world = makeWorld();
  world.write(manifest, sound);
  world.write(paths.kubeletConfig, 'healthzPort: 10999\n');
  const { before } = await earlierHost(world.transport, wanted, []);
  const scheduler = before.resources.find((one) => one.kind === 'static-pod')!;
  expect(scheduler).toMatchObject({ revision: '3f2a', content: sound });
  expect(gateOf(scheduler as never, '192.0.2.1')).toMatchObject({ port: 10_259, path: '/readyz' });
  expect(kubeletGateOf(before).port).toBe(10_999);
});

test('a kubelet without a configuration answers at its defaults', async () => {
  world = makeWorld();
  const { before } = await earlierHost(world.transport, wanted, []);
  expect(kubeletGateOf(before).port).toBe(10_248);
});

it.each([
  ['no YAML', '{{{'],
  ['no pod', '[]\n'],
  ['an alias without end', 'spec: &a [*a]\n'],
  ['a pod without containers', 'spec: {containers: []}\n'],
  ['labels that are none', pod('7', '{}')],
  ['a revision that is none', pod('{podstrap.io/revision: "$(reboot)"}', '{}')],
  ['a port beyond all ports', pod('{}', '{livenessProbe: {httpGet: {port: 99999}}}')],
])('takes a host for unsound whose manifest is %s', async (_, text) => {
  world = makeWorld();
  world.write(manifest, text);
  await expect(earlierHost(world.transport, wanted, [])).rejects.toSatisfy(isUnsound);
});

it.each(['{{{', '[]\n', 'healthzPort: ten\n', 'healthzPort: 1e9\n'])(
  'takes a host for unsound whose kubelet has the configuration %j',
  async (text) => {
    world = makeWorld();
    world.write(manifest, sound);
    world.write(paths.kubeletConfig, text);
    await expect(earlierHost(world.transport, wanted, [])).rejects.toSatisfy(isUnsound);
  },
);

const isUnsound = (error: unknown): boolean =>
  error instanceof Failure && error.kind === 'unsound' && error.where.host === 'cp-1';
