import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, inject, it } from 'vitest';
import { word } from '../../src/host/shell.js';
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
import { foreignAuthority, signAll } from '../pki/signed-by-hand.js';
import { runCommand } from './command.js';
import { type Lab, startLab } from './hosts.js';
import { namedHosts } from './named-hosts.js';
import { newOperator, type Operator } from './operator.js';
import { beside } from './settings.js';

/** `LAB_SEED=7 LAB_CROSSINGS=5 npm run e2e:campaign -- matrix`: another deal, and more clusters of it. */
const seed = Number(process.env['LAB_SEED'] ?? Math.floor(Math.random() * 1e6));
const clusters = Number(process.env['LAB_CROSSINGS'] ?? 3);
/** What is chosen by name, in place of a deal: `LAB_SETTINGS='virtual address,workers' LAB_CHANGES=growth,upgrade`. */
const chosen = <T extends string>(variable: string, known: readonly T[]): T[] | undefined =>
  process.env[variable]?.split(',').map((word) => {
    const found = known.find((one) => one === word.trim());
    if (found === undefined) throw new Error(`${variable}: ${word} is none of ${known.join(', ')}`);
    return found;
  });
const ownHand = chosen('LAB_SETTINGS', settings);
const hands = ownHand === undefined ? deal(seed, clusters) : [ownHand];
const wanted = chosen('LAB_CHANGES', changes);
const password = 'lab password';

/** Two clusters are never there at once, so that each may have the same hosts. */
const hosts = namedHosts('mix', 5, 141);
const sixth = (ip: string): string => `fd00:${ip.split('.').slice(0, 3).join(':')}::${ip.split('.')[3]}`;

function groundOn(lab: Lab, operator: Operator, hand: readonly Setting[]): Ground {
  const dotted = hand.includes('host names with dots') ? '.shop.example' : '';
  const labName = (name: string) => name.slice(0, name.length - dotted.length);
  const asks = hand.includes('sudo with a password');
  const signers: Partial<Record<AuthorityName, Signer>> = {};
  const folder = join(operator.directory, 'authorities');
  /** Commands that reach hosts; the others take no such option. */
  const trusting = (args: readonly string[]) =>
    ['bundle', 'kubeconfig'].includes(args[0]!) ? args : [...args, '--accept-new-host-keys'];
  return {
    hosts: hosts.map((host) => ({ name: `${host.name}${dotted}`, ip: host.ip })),
    version: lab.settings.kubernetesVersion,
    upgradesTo: lab.settings.upgradesTo,
    directory: operator.directory,
    address: hosts[0]!.ip.replace(/\d+$/, '149'),
    write: (entries, { kubernetesVersion, ...spec }) =>
      operator.write({
        hosts: entries as Parameters<Operator['write']>[0]['hosts'] & object,
        kubernetesVersion,
        spec: { timeouts: { watchAfterChange: '2s' }, ...spec },
        ...(asks ? { ssh: { user: 'ops', become: 'sudo' } } : {}),
      }),
    podstrap: (...args) => (asks ? onTerminal(operator, trusting(args)) : operator.podstrap(trusting(args))),
    authorities: async () => {
      const block: Record<string, unknown> = {};
      for (const name of ['ca', 'front-proxy-ca', 'etcd-ca'] as const) {
        signers[name] = (await foreignAuthority(folder, name, new Date(Date.now() - 60_000))).signer;
        block[name] = { certificate: join(folder, `${name}.crt`) };
      }
      return block;
    },
    sign: async () => {
      const { inventory } = await readInventory(join(operator.directory, 'cluster.yaml'), {
        environment: {},
      });
      const csr = join(operator.directory, '.podstrap', 'lab', 'csr');
      if (existsSync(csr)) await signAll(csr, inventory, signers, new Date());
    },
    powerCut: (name) => lab.powerCut(labName(name)),
    powerOn: (name) => lab.start(labName(name)),
    isEmpty: async (name) => {
      const left = 'ls -d /var/lib/etcd/member /var/lib/podstrap /etc/kubernetes/*.conf 2>/dev/null';
      return (await lab.exec(labName(name), left)).stdout === '';
    },
  };
}

/** podstrap asks for a password on a terminal alone. What it says comes as one stream then. */
function onTerminal(operator: Operator, args: readonly string[]) {
  const words = [process.execPath, beside('../../dist/cli/bin.js'), ...args].map(word).join(' ');
  return runCommand('script', ['-qefc', words, '/dev/null'], {
    directory: operator.directory,
    environment: { HOME: operator.directory, SSH_AUTH_SOCK: undefined, KUBECONFIG: undefined, NO_COLOR: '1' },
    input: `${password}\n`,
  });
}

describe('settings meet changes', () => {
  process.stderr.write(`matrix: LAB_SEED=${seed}, ${hands.length} clusters\n`);
  it.each(hands.map((hand, index) => [hand.join(', ') || 'nothing', hand, seed + index] as const))(
    'a cluster with %s',
    async (_title, hand, own) => {
      const order = orderOf(own, wanted);
      const families = hand.includes('both families');
      const lab = await startLab({
        hosts: hosts.map((host) => (families ? { ...host, ipv6: sixth(host.ip) } : host)),
      });
      const operator = await newOperator(lab, inject('artifacts'));
      const crossed: string[] = [];
      try {
        const crossing = new Crossing(groundOn(lab, operator, hand), hand);
        await crossing.begin();
        for (const change of order) {
          await crossing.meet(change);
          crossed.push(change);
        }
      } finally {
        const missed = order.filter((change) => !crossed.includes(change));
        process.stderr.write(
          `matrix: seed ${own}: ${hand.join(', ')} × ${crossed.join(', ')}${missed.length === 0 ? '' : `; not: ${missed.join(', ')}`}\n`,
        );
        await operator.leave();
        await lab.down();
      }
    },
    7_200_000,
  );
});
