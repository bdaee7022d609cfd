import { expect, test } from 'vitest';
import type { NetworkFact } from '../../src/observed/facts.js';
import { preflight } from '../../src/preflight/preflight.js';
import { controlPlane, inventoryOf, worker } from '../desired/inventory-of.js';
import { asTold } from '../observed/as-told.js';
import { bareFacts } from '../plan/facts-of.js';

const network = (addresses: readonly string[], programs = ['ip', 'nft']): NetworkFact =>
  asTold<NetworkFact>({
    interfaces: [
      { name: 'lo', mtu: 65536, addresses: ['127.0.0.1/8'] },
      { name: 'eth0', mtu: 1500, addresses },
    ],
    routes: [],
    programs,
    plugins: [],
  });

function find(of: NetworkFact, own: object = {}) {
  const inventory = inventoryOf({
    kubernetesVersion: 'v1.36.3',
    hosts: [controlPlane(1), worker(1)],
    virtualAddress: { address: '10.0.0.10', ...own },
    networking: { plugin: 'none' },
  });
  const facts = new Map([['cp-1', bareFacts('cp-1', { network: of })]]);
  return preflight(inventory, facts, [], { hosts: [] }).failures.map(({ said, next }) => `${said} → ${next}`);
}

test.each<readonly [string, Parameters<typeof find>, readonly RegExp[]]>([
  ['on the network of the host’s own address', [network(['10.0.0.11/24'])], []],
  ['which the host has already', [network(['10.0.0.11/24', '10.0.0.10/32'])], []],
  [
    'on another network',
    [network(['10.0.0.11/24']), { address: '10.0.1.10' }],
    [
      /^the virtual address 10\.0\.1\.10 is not on the network of its eth0, which has 10\.0\.0\.11\/24.* → Choose/,
    ],
  ],
  [
    'on another network, whose address a host has kept',
    [network(['10.0.0.11/24', '10.0.1.10/32']), { address: '10.0.1.10' }],
    [/is not on the network of its eth0, which has 10\.0\.0\.11\/24: no neighbour/],
  ],
  [
    'for an interface that is not there',
    [network(['10.0.0.11/24']), { interface: 'eno1' }],
    [/^it has no interface eno1; it has lo, eth0 → Name the interface/],
  ],
  [
    'where the host’s address is that of a router before it',
    [network(['172.16.0.2/24'])],
    [/^no interface has its address 10\.0\.0\.11, so none is known .*virtualAddress\.interface/],
  ],
  ['without iproute2', [network(['10.0.0.11/24'], ['nft'])], [/^the program `ip` is missing.* → Install it/]],
])('a virtual address %s', (_name, [of, own], expected) => {
  const found = find(of, own);
  expect(found).toHaveLength(expected.length);
  for (const [index, words] of expected.entries()) expect(found[index]).toMatch(words);
});
