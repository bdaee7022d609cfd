import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dump, load } from 'js-yaml';
import { afterAll, describe, expect, it } from 'vitest';
import { readInventory } from '../../src/inventory/reading/read-inventory.js';
import type { AuthorityName } from '../../src/pki/keys.js';
import type { Signer } from '../../src/pki/x509/signer.js';
import {
  Crossing,
  changes,
  deal,
  type Ground,
  orderOf,
  type Setting,
  settings,
} from '../crossing/crossing.js';
import { foreignAuthority, requests, signAll } from '../pki/signed-by-hand.js';
import { startWorld, type World } from './world.js';

/** Another deal: `FAILURES_CASES=3 FAILURES_SEED=7 npm run scenarios -- matrix`. */
const seed = Number(process.env['FAILURES_SEED'] ?? 20_262);
const cases = Number(process.env['FAILURES_CASES'] ?? 1);
/** What is chosen by name, in place of a deal: `FAILURES_SETTINGS='virtual address,workers' FAILURES_CHANGES=growth,upgrade`. */
const chosen = <T extends string>(variable: string, known: readonly T[]): T[] | undefined =>
  process.env[variable]?.split(',').map((word) => {
    const found = known.find((one) => one === word.trim());
    if (found === undefined) throw new Error(`${variable}: ${word} is none of ${known.join(', ')}`);
    return found;
  });
/** A practice host has one address, and a root who needs no sudo: these two are for real hosts. */
const here = settings.filter((one) => one !== 'both families' && one !== 'sudo with a password');
const ownHand = chosen('FAILURES_SETTINGS', here);
const hands = ownHand === undefined ? deal(seed, Math.max(2, cases), here).slice(0, cases) : [ownHand];
const wanted = chosen('FAILURES_CHANGES', changes);

const worlds: World[] = [];
afterAll(() => Promise.all(worlds.map((world) => world.close())));

async function groundOf(hand: readonly Setting[]): Promise<Ground> {
  const to = 'v1.37.2';
  const address = '10.20.0.240';
  const world = await startWorld(3, 2, {
    // It is about what meets, and not about how long that takes on a machine that is busy.
    spec: { timeouts: { watchAfterChange: '1s', controlPlaneComponentHealthCheck: '3m' } },
    alsoServe: [{ kubernetesVersion: to, virtualAddress: { address } }],
  });
  worlds.push(world);
  const first = load(readFileSync(world.file, 'utf8')) as { spec: Record<string, unknown> };
  const { hosts, ...given } = first.spec as { hosts: { name: string }[] };
  const dotted = hand.includes('host names with dots') ? '.shop.example' : '';
  const siteName = (name: string) => name.slice(0, name.length - dotted.length);
  const signers: Partial<Record<AuthorityName, Signer>> = {};
  const folder = join(world.directory, 'authorities');
  return {
    hosts: hosts.map((host) => ({ ...host, name: `${host.name}${dotted}` })),
    version: 'v1.36.3',
    upgradesTo: to,
    directory: world.directory,
    address,
    write: (wanted, spec) => {
      const { controlPlaneEndpoint: _, ...rest } = given as Record<string, unknown>;
      return writeFile(world.file, dump({ ...first, spec: { ...rest, hosts: wanted, ...spec } }));
    },
    podstrap: (...args) => world.podstrap(args),
    authorities: async () => {
      const block: Record<string, unknown> = {};
      for (const [field, name] of [
        ['ca', 'ca'],
        ['front-proxy-ca', 'front-proxy-ca'],
        ['etcd-ca', 'etcd-ca'],
      ] as const) {
        signers[name] = (await foreignAuthority(folder, name, new Date(Date.now() - 60_000))).signer;
        block[field] = { certificate: join(folder, `${name}.crt`) };
      }
      return block;
    },
    sign: async () => {
      const { inventory } = await readInventory(world.file, { environment: {} });
      const csr = join(world.state, 'csr');
      if (existsSync(csr)) await signAll(csr, inventory, signers, new Date());
      expect(existsSync(csr) ? requests(csr).length : 0).toBeGreaterThan(0);
    },
    powerCut: (name) => world.site.powerCut(siteName(name)),
    powerOn: (name) => world.site.powerOn(siteName(name)),
    isEmpty: async (name) =>
      !['/var/lib/etcd', '/etc/kubernetes/kubelet.conf', '/var/lib/podstrap'].some((path) =>
        existsSync(join(world.site.host(siteName(name)).root, path)),
      ),
  };
}

/** All of it for who asks; else a few, so that each run of the checks crosses something. */
const most = process.env['FAILURES_CASES'] === undefined ? 3 : changes.length;

for (const [index, hand] of hands.entries())
  describe(`a cluster with ${hand.join(', ') || 'nothing'}`, () => {
    const order = wanted === undefined ? orderOf(seed + index).slice(-most) : orderOf(seed + index, wanted);
    process.stderr.write(`matrix: FAILURES_SEED=${seed}: ${hand.join(', ')} × ${order.join(', ')}\n`);
    let crossing: Crossing;
    it('comes up', async () => {
      crossing = new Crossing(await groundOf(hand), hand);
      await crossing.begin();
    });
    it.each(order)('meets: %s', (change) => crossing.meet(change));
  });
