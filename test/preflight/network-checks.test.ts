import { expect, test } from 'vitest';
import type { NetworkFact } from '../../src/observed/facts.js';
import { preflight } from '../../src/preflight/preflight.js';
import { controlPlane, inventoryOf, worker } from '../desired/inventory-of.js';
import { asTold, type Plain } from '../observed/as-told.js';
import { bareFacts } from '../plan/facts-of.js';

const hosts = [controlPlane(1), worker(1)];
const fine: Plain<NetworkFact> = {
  interfaces: [{ name: 'eth0', mtu: 1500, addresses: ['10.0.0.11/24', 'fe80::1/64'] }],
  routes: [
    { to: '10.0.0.0/24', via: undefined, device: 'eth0', protocol: 'kernel' },
    { to: '10.244.1.0/24', via: '10.0.0.21', device: 'eth0', protocol: '144' },
    { to: '10.244.0.0/24', via: undefined, device: 'cni0', protocol: 'kernel' },
  ],
  programs: ['ip', 'iptables'],
  plugins: ['10-podstrap.conflist', '87-podman-bridge.conflist'],
};

function find(network: Partial<Plain<NetworkFact>>, networking: object = {}, others: readonly object[] = []) {
  const inventory = inventoryOf({
    kubernetesVersion: 'v1.36.3',
    hosts: [...hosts, ...others] as typeof hosts,
    networking,
  });
  const facts = new Map([
    ['cp-1', bareFacts('cp-1', { network: asTold<NetworkFact>({ ...fine, ...network }) })],
  ]);
  return preflight(inventory, facts, [], { hosts: [] }).failures.map(({ said, next }) => `${said} → ${next}`);
}

test.each<readonly [string, Parameters<typeof find>, readonly RegExp[]]>([
  ['a host that is as it should be', [{}], []],
  ['no iproute2', [{ programs: ['nft'] }], [/^missing: ip \(package/]],
  ['neither nft nor iptables', [{ programs: ['ip'] }], [/^missing: nft or iptables → Install/]],
  [
    'a host beyond a router',
    [{}, {}, [{ ...worker(2), address: '10.0.7.22' }]],
    [/^w-2 \(10\.0\.7\.22\) is not on the network of its eth0, 10\.0\.0\.11\/24.*plugin to none.*Cilium/],
  ],
  [
    'no address of the pods’ other family',
    [{}, { podSubnet: '10.244.0.0/16,fd00:1::/56', serviceSubnet: '10.96.0.0/12,fd00:2::/112' }],
    [/^its eth0 has no IPv6 address, by which others would reach its pods in fd00:1::\/56/],
  ],
  [
    'a route of the host’s own within the pods’ network',
    [{ routes: [{ to: '10.244.128.0/17', via: '10.0.0.1', device: 'wg0', protocol: 'static' }] }],
    [/^it has a route to 10\.244\.128\.0\/17 \(wg0\), which overlaps .* 10\.244\.0\.0\/16 → Set/],
  ],
  [
    'another network plugin',
    [{ plugins: ['05-cilium.conflist', '10-podstrap.conflist'] }],
    [/^\/etc\/cni\/net\.d has 05-cilium\.conflist: another network plugin .*plugin to none to keep/],
  ],
  [
    'nothing of it matters to another plugin',
    [{ programs: [], plugins: ['05-x.conf'] }, { plugin: 'none' }],
    [],
  ],
])('%s', (_name, given, expected) => {
  const found = find(...given);
  expect(found).toHaveLength(expected.length);
  expected.forEach((pattern, index) => {
    expect(found[index]).toMatch(pattern);
  });
});

test.for<readonly [string, boolean, boolean, object, readonly RegExp[]]>([
  ['both resolve', false, false, {}, []],
  ['none does', true, true, {}, []],
  ['one does not', false, true, {}, [/^w-1: it knows no resolver, and cp-1 does: CoreDNS would not start/]],
  ['one does not, and CoreDNS is the user’s', false, true, { dns: { corefile: '.:53 { whoami }' } }, []],
  ['one does not, and there is no CoreDNS', false, true, { dns: { disabled: true } }, []],
])('resolvers: %s', ([, first, second, spec, expected]) => {
  const inventory = inventoryOf({ kubernetesVersion: 'v1.36.3', hosts, ...spec });
  const facts = new Map([
    ['cp-1', bareFacts('cp-1', { noResolver: first })],
    ['w-1', bareFacts('w-1', { noResolver: second })],
  ]);
  const found = preflight(inventory, facts, [], { hosts: [] })
    .warnings.map(({ host, message }) => `${host}: ${message}`)
    .filter((text) => text.includes('resolver'));
  expect(found).toHaveLength(expected.length);
  expected.forEach((pattern, index) => {
    expect(found[index]).toMatch(pattern);
  });
});
