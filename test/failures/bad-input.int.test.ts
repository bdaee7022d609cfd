import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fingerprint } from './fingerprint.js';
import { expectEnd, type Spec, startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld(1, 2, { spec: { networking: { plugin: 'routes', podSubnet: '10.244.0.0/16' } } });
});
afterAll(() => world.close());

interface Slip {
  readonly sentence: string;
  /** Makes it; returns what takes it back. */
  readonly make: () => Promise<() => Promise<unknown>>;
  readonly code: number;
  readonly says: readonly (string | RegExp)[];
}

/** One host that the inventory has beside the others; no resolver is asked for a name that is longer than names may be. */
const stranger = {
  name: 'w-9',
  address: `${'w'.repeat(64)}.example`,
  advertiseAddress: '10.20.0.99',
  roles: ['worker'],
};
const onHost = (name: string, change: Spec) => () =>
  world.edit((spec) => {
    Object.assign(
      spec.hosts.find((host: Spec) => host.name === name),
      change,
    );
  });

/** An addon that consists of this manifest. */
const addon = (manifest: string) => async () => {
  const folder = join(world.directory, 'shop');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'a.yaml'), manifest);
  const back = await world.edit((spec) => {
    spec.addons = [{ name: 'shop', path: 'shop' }];
  });
  return () => Promise.all([back(), rm(folder, { recursive: true })]);
};

/** What an administrator has set up on a host for other purposes. */
const ownRoute = (host: string, route: string) => async () => {
  const file = join(world.site.host(host).root, 'run/practice/routes');
  await writeFile(file, `${route}\n`);
  return () => rm(file);
};

const slips: readonly Slip[] = [
  {
    sentence: 'a worker at a name that nobody knows',
    make: () => world.edit((spec) => spec.hosts.push(stranger)),
    code: 64,
    says: ['w-9: connecting to www', 'ENOTFOUND', '→ no such name: correct `address` in the inventory'],
  },
  {
    sentence: 'a role that is none',
    make: onHost('w-2', { roles: ['wroker'] }),
    code: 64,
    says: [/cluster\.yaml:\d+:\d+ {2}spec\.hosts\[2\]\.roles\[0\]: "wroker"; did you mean "worker"\?/],
  },
  {
    sentence: 'a label whose name Kubernetes refuses',
    make: onHost('w-2', { labels: { 'disk type': 'ssd' } }),
    code: 64,
    says: [/cluster\.yaml:\d+:\d+ {2}spec\.hosts\[2\]\.labels.*disk type/],
  },
  {
    sentence: 'a label whose value Kubernetes refuses',
    make: onHost('w-2', { labels: { disk: '-ssd' } }),
    code: 64,
    says: [/cluster\.yaml:\d+:\d+ {2}spec\.hosts\[2\]\.labels\.disk: "-ssd"/],
  },
  {
    sentence: 'a network of pods to which a host has a route of its own',
    make: ownRoute('w-2', '10.244.128.0/17 dev wg0 proto static'),
    code: 1,
    says: [
      'w-2: Checking that the network of the pods is used by nothing else',
      'it has a route to 10.244.128.0/17 (wg0), which overlaps the network of the pods, 10.244.0.0/16',
      '→ Set spec.networking.podSubnet',
    ],
  },
  {
    sentence: 'a manifest that is no YAML',
    make: addon('a: [1\n'),
    code: 64,
    says: ['shop/a.yaml:2:1  spec.addons[0].path: '],
  },
  {
    sentence: 'a manifest of a kind that Kubernetes does not have',
    make: addon('apiVersion: v1\nkind: ConfigMpa\nmetadata: { name: a }\n'),
    code: 64,
    says: ['shop/a.yaml:1:1', 'did you mean "ConfigMap"?'],
  },
  {
    sentence: 'a manifest of a kind that nobody defines',
    make: addon('apiVersion: shop.example.com/v1\nkind: Barrel\nmetadata: { name: a, namespace: default }\n'),
    code: 64,
    says: ['shop/a.yaml:1: Barrel.shop.example.com default/a: nothing defines the kind Barrel', '→'],
  },
];

/** That `up` says so, and leaves every host as it was. */
const leavesAllAsItWas = async ({ make, code, says }: Slip) => {
  const before = await fingerprint(world.site);
  const back = await make();
  try {
    expectEnd(await world.up(), code, ...says);
  } finally {
    await back();
  }
  expect(await fingerprint(world.site)).toEqual(before);
};

describe('on empty hosts, refused before any of them is touched:', () => {
  it.for(slips)('$sentence', leavesAllAsItWas);
});

describe('in a cluster that lives, which a worker is to join, refused before any host is touched:', () => {
  beforeAll(async () => {
    const back = await world.edit((spec) => spec.hosts.pop());
    await world.converge();
    await back();
  });

  it.for(slips)('$sentence', leavesAllAsItWas);

  it('a limit to a worker that is not in the inventory', async () => {
    const before = await fingerprint(world.site);
    expectEnd(
      await world.podstrap(['up', '--yes', '--limit', 'w-3']),
      64,
      'not in the inventory: w-3; did you mean',
      '→ The inventory has cp-1, w-1, w-2.',
    );
    expect(await fingerprint(world.site)).toEqual(before);
  });

  it('and without any of it, the worker joins', () => world.converge());
});
