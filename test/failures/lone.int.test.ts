import { readFileSync } from 'node:fs';
import { cp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fingerprint } from './fingerprint.js';
import { expectEnd, startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld(1);
  await world.converge();
});
afterAll(() => world.close());

/** That `up` refuses so, and leaves the host as it is. */
async function expectRefusal(...says: readonly (string | RegExp)[]): Promise<void> {
  const before = await fingerprint(world.site);
  expectEnd(await world.up(), 1, 'cp-1', ...says, '→');
  expect(withoutLogs(await fingerprint(world.site))).toEqual(withoutLogs(before));
}

/** What containerd and the kubelet write by themselves is not podstrap's doing. */
const withoutLogs = (all: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(all).filter(([path]) => !/\/var\/lib\/(kubelet|etcd|containerd)/.test(path)),
  );

it('without its keystore the cluster gets no new authority', async () => {
  const kept = join(world.directory, 'kept');
  await rename(world.state, kept);
  await expectRefusal(
    /it belongs to a cluster practice with another keystore \(\w+\) than the one on this machine/,
    /its keystore is not here: bring it .* to \.podstrap\/practice\/ beside /,
  );
  await rm(world.state, { recursive: true });
  await rename(kept, world.state);
  await world.converge();
});

it('the authority of another keystore is never rolled out', async () => {
  const kept = join(world.directory, 'kept');
  const other = await startWorld(1);
  try {
    expectEnd(await other.podstrap(['plan']), 0);
    await cp(join(world.state, 'pki'), kept, { recursive: true });
    for (const name of ['ca.crt', 'ca.key'])
      await cp(join(other.state, 'pki', name), join(world.state, 'pki', name));
    const before = await fingerprint(world.site);
    expectEnd(await world.up(), 1, '→');
    expect(withoutLogs(await fingerprint(world.site))).toEqual(withoutLogs(before));
    await rm(join(world.state, 'pki'), { recursive: true });
    await rename(kept, join(world.state, 'pki'));
  } finally {
    await other.close();
  }
  await world.converge();
});

it('a run that was cut off before it restarted the kubelet leaves that restart to the next one', async () => {
  await world.edit((spec) => {
    spec.kubelet = { config: { maxPods: 77 } };
  });
  // The first three are those of the look at the host and of the lock. The script goes on until it wants to tell what it did.
  world.site.faults('cp-1').strikeAtCommand('cut', 'systemctl', 4);
  expectEnd(await world.up(), 1, 'its change was begun', '→');
  world.site.faults('cp-1').clear();
  const config = join(world.site.host('cp-1').root, 'var/lib/kubelet/config.yaml');
  await expect.poll(() => readFileSync(config, 'utf8'), { timeout: 30_000 }).toContain('maxPods: 77');
  expectEnd(
    await world.podstrap(['plan', '--detailed-exitcode']),
    2,
    '1 restart',
    'restart kubelet.service  (/var/lib/kubelet/config.yaml was written after it started)',
  );
  await world.converge();
});

it('an etcd that lost its data is never started as a new cluster', async () => {
  const data = join(world.site.host('cp-1').root, 'var/lib/etcd');
  await world.site.powerCut('cp-1');
  const kept = join(world.directory, 'etcd');
  await rename(data, kept);
  await world.site.powerOn('cp-1');
  await expectRefusal('the data of 1 of 1 etcd members is gone', 'restore a snapshot');
  await world.site.powerCut('cp-1');
  await rm(data, { recursive: true, force: true });
  await rename(kept, data);
  await world.site.powerOn('cp-1');
  await world.converge();
});
