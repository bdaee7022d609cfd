import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCommand } from '../lab/command.js';
import { desiredOf, textOf } from './desired-of.js';
import { controlPlane, inventoryOf } from './inventory-of.js';

/** What `ip monitor` says when an interface gets its settings anew, as a Debian host with systemd-networkd was seen to say it. */
const reconfigured = `Deleted default via 10.0.0.1 dev enp1s0 proto static
Deleted 2: enp1s0    inet 10.0.0.11/24 brd 10.0.0.255 scope global enp1s0
       valid_lft forever preferred_lft forever
Deleted 10.0.0.0/24 dev enp1s0 proto kernel scope link src 10.0.0.11
2: enp1s0    inet 10.0.0.11/24 brd 10.0.0.255 scope global enp1s0
       valid_lft forever preferred_lft forever
10.0.0.0/24 dev enp1s0 proto kernel scope link src 10.0.0.11
10.244.1.0/24 via 10.0.0.12 dev enp1s0 proto 144`;
const deleted = 'Deleted 10.244.1.0/24 via 10.0.0.12 dev enp1s0 proto 144';
const others = `Deleted 10.9.0.0/24 via 10.0.0.1 dev enp1s0 proto static
10.244.0.5 dev vethb0 proto kernel scope link`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podstrap-network-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/**
 * How often the script makes the routes, with an `ip` that says `told` to those who watch. It has ended when the last one
 * who could still write on its output has.
 */
async function batches(told: string, environment: Readonly<Record<string, string>>): Promise<number> {
  const state = desiredOf(
    inventoryOf({
      kubernetesVersion: 'v1.36.3',
      hosts: [controlPlane(1), controlPlane(2)],
    }),
  );
  await writeFile(join(folder, 'script'), textOf(state, 'cp-1', '/usr/local/sbin/podstrap-network'));
  await writeFile(join(folder, 'told'), `${told}\n`);
  const log = join(folder, 'log');
  const ip = `#!/bin/sh\ncase "$1 $2" in 'monitor route') cat ${folder}/told; echo over >>${log};; '-batch -') cat >/dev/null; echo batch >>${log};; esac\n`;
  for (const [name, text] of [
    ['ip', ip],
    ['nft', '#!/bin/sh\ncat >/dev/null\n'],
  ] as const)
    await writeFile(join(folder, name), text, { mode: 0o755 });
  const ended = await runCommand('sh', [join(folder, 'script'), 'up'], {
    environment: { INVOCATION_ID: undefined, ...environment, PATH: `${folder}:${process.env.PATH}` },
  });
  expect(ended.code, ended.stderr).toBe(0);
  return (await readFile(log, 'utf8')).split('\n').filter((line) => line === 'batch').length;
}

const byUnit = { INVOCATION_ID: '0123456789abcdef0123456789abcdef' };

test.each([
  ['an address has come back', reconfigured, 2],
  ['one of them was deleted', deleted, 2],
  ['something of others has changed', others, 1],
])('routes are made again when %s, and only then', async (_, told, times) => {
  expect(await batches(told, byUnit)).toBe(times);
});

test('who starts it by hand watches nothing', async () => {
  expect(await batches(reconfigured, {})).toBe(1);
});
