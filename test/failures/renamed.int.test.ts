import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { apiOf } from './api.js';
import { fingerprint } from './fingerprint.js';
import { expectEnd, type Spec, startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld(1, 1, { spec: { networking: { plugin: 'routes', podSubnet: '10.244.0.0/16' } } });
  await world.converge();
});
afterAll(() => world.close());

const rename = (from: string, to: string) =>
  world.edit((spec: Spec) => {
    spec.hosts.find(({ name }: Spec) => name === from).name = to;
  });
async function nodes(): Promise<readonly string[]> {
  const api = await apiOf(world, 'cp-1');
  try {
    const { body } = await api.call('GET', '/api/v1/nodes');
    return (body['items'] as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name).sort();
  } finally {
    api.close();
  }
}

it.each([
  ['w-1', 'w-one'],
  ['cp-1', 'cp-one'],
])(
  '%s under the name %s is the same machine: refused before anything, by every command that changes hosts',
  async (from, to) => {
    const undo = await rename(from, to);
    const before = await fingerprint(world.site);
    const says = [
      `is ${from} of this cluster`,
      `take ${from} out of spec.hosts, run \`podstrap up\`, add it as ${to}`,
    ];
    expectEnd(await world.podstrap(['plan']), 1, ...says, 'Nothing was changed');
    expectEnd(await world.up(), 1, ...says);
    expectEnd(await world.podstrap(['reset', to, '--yes']), 1, ...says);
    expectEnd(await world.podstrap(['reset', '--all', '--yes']), 1, ...says);
    expect(await fingerprint(world.site)).toEqual(before);
    await undo();
    expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0);
  },
);

it('two names of one machine are refused, whatever leads to it', async () => {
  const undo = await world.edit((spec: Spec) => {
    const { address, ssh } = spec.hosts.find(({ name }: Spec) => name === 'w-1');
    const own = spec.hosts.find(({ name }: Spec) => name === 'cp-1');
    Object.assign(own, { address, ssh, hostKey: spec.hosts.at(-1).hostKey });
    spec.hosts.pop();
  });
  const before = await fingerprint(world.site);
  expectEnd(await world.up(), 1, 'is w-1 of this cluster');
  expect(await fingerprint(world.site)).toEqual(before);
  await undo();
});

it('a copy of another host’s disk is told by `plan` already', async () => {
  const [own, other] = ['w-1', 'cp-1'].map((name) => join(world.site.host(name).root, '/etc/machine-id'));
  const id = readFileSync(own!);
  writeFileSync(own!, readFileSync(other!));
  const before = await fingerprint(world.site);
  const says = ['w-1: ', 'it has the machine id of cp-1: one was cloned from the other'];
  expectEnd(await world.podstrap(['plan']), 1, ...says);
  expectEnd(await world.up(), 1, ...says);
  expect(await fingerprint(world.site)).toEqual(before);
  writeFileSync(own!, id);
  expectEnd(await world.podstrap(['plan', '--detailed-exitcode']), 0);
});

it('a new name for an address that does not answer is refused, since only the machine can tell', async () => {
  await world.site.powerCut('w-1');
  const undo = await rename('w-1', 'w-one');
  expectEnd(await world.up(), 1, /w-one: .*it does not answer, and \S+ was w-1/s);
  await undo();
  await world.site.powerOn('w-1');
  await world.converge();
  expect(await nodes()).toEqual(['cp-1', 'w-1']);
});

it('a host is renamed as the refusal says: it leaves, and comes back under another name', async () => {
  let own: Spec;
  await world.edit((spec: Spec) => {
    own = spec.hosts.pop();
  });
  await world.converge();
  expect(await nodes()).toEqual(['cp-1']);
  expect(existsSync(join(world.site.host('w-1').root, '/etc/kubernetes/kubelet.conf'))).toBe(false);
  await world.edit((spec: Spec) => {
    spec.hosts.push({ ...own, name: 'w-one' });
  });
  await world.converge();
  expect(await nodes()).toEqual(['cp-1', 'w-one']);
  expect(existsSync(join(world.site.host('w-1').root, '/etc/kubernetes/kubelet.conf'))).toBe(true);
});
