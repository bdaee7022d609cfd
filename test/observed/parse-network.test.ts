import { expect, test } from 'vitest';
import { globalAddresses, interfaceOf } from '../../src/observed/interface-of.js';
import { parseNetwork } from '../../src/observed/probe/parse-network.js';
import { sectionsIn } from './facts-from.js';

const output = String.raw`@network
program ip
program nft
plugin 10-podstrap.conflist
@addresses
1: lo    inet 127.0.0.1/8 scope host lo\       valid_lft forever preferred_lft forever
2: eth0    inet 10.0.0.11/24 brd 10.0.0.255 scope global dynamic eth0\       valid_lft 86313sec
2: eth0    inet6 fd00:9::a1b2/64 scope global temporary dynamic \       valid_lft 86313sec preferred_lft 600sec
2: eth0    inet6 fd00:9::11/64 scope global \       valid_lft forever preferred_lft forever
2: eth0    inet6 fe80::5054:ff:fe12:3456/64 scope link \       valid_lft forever preferred_lft forever
@links
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000\
2: eth0@if7: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 8950 qdisc fq_codel state UP mode DEFAULT\
3: cni0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 8950 qdisc noqueue state DOWN\
@routes
default via 10.0.0.1 dev eth0 proto dhcp src 10.0.0.11 metric 100
10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.11
10.0.0.2 dev eth0 proto dhcp scope link
10.244.1.0/24 via 10.0.0.12 dev eth0 proto 144
blackhole 10.9.0.0/16 proto static
fd00:1:0:1::/64 via fd00:9::12 dev eth0 proto 144 metric 1024 pref medium
fe80::/64 dev eth0 proto kernel metric 256 pref medium
@end`;

test('what iproute2 prints is read', () => {
  const network = parseNetwork(sectionsIn(output));
  expect(network.programs).toEqual(['ip', 'nft']);
  expect(network.plugins).toEqual(['10-podstrap.conflist']);
  const found = interfaceOf(network, '10.0.0.11')!;
  expect([found.name, found.mtu]).toEqual(['eth0', 8950]);
  expect(globalAddresses(found), 'one that will go is the last').toEqual([
    '10.0.0.11',
    'fd00:9::11',
    'fd00:9::a1b2',
  ]);
  expect(interfaceOf(network, '10.0.0.12')).toBeUndefined();
  expect(network.routes.map(({ to, via, device, protocol }) => [to, via, device, protocol])).toEqual([
    ['10.0.0.0/24', undefined, 'eth0', 'kernel'],
    ['10.0.0.2/32', undefined, 'eth0', 'dhcp'],
    ['10.244.1.0/24', '10.0.0.12', 'eth0', '144'],
    ['10.9.0.0/16', undefined, undefined, 'static'],
    ['fd00:1:0:1::/64', 'fd00:9::12', 'eth0', '144'],
    ['fe80::/64', undefined, 'eth0', 'kernel'],
  ]);
});

test.each(['inet6 $(touch</tmp/x)/64', 'inet 10.0.0.1;reboot/24', 'inet6 ::1`id`/64', 'inet 10.0.0.300/24'])(
  'a host whose interface has the address %s is unsound',
  (said) => {
    const all = sectionsIn(`@network\n@addresses\n2: eth0    ${said} scope global \n@end`);
    expect(() => parseNetwork(all)).toThrow(expect.objectContaining({ kind: 'unsound' }));
  },
);

test('a route or an interface that podstrap would write nowhere is passed over', () => {
  const all = sectionsIn(`@network
@addresses
3: a$(id)    inet 10.0.0.5/24 scope global
@links
3: a$(id): <UP> mtu 1500
4: eth1: <UP> mtu $(id)
@routes
10.244.1.0/24 via $(id) dev eth0 proto \`id\`
$(id)/24 via 10.0.0.1 dev eth0
@end`);
  expect(parseNetwork(all)).toEqual({
    interfaces: [{ name: 'eth1', mtu: undefined, addresses: [] }],
    routes: [{ to: '10.244.1.0/24', via: undefined, device: 'eth0', protocol: undefined }],
    programs: [],
    plugins: [],
  });
});

test('a host without iproute2 has told nothing', () => {
  expect(parseNetwork(sectionsIn('@network\n@end'))).toEqual({
    interfaces: [],
    routes: [],
    programs: [],
    plugins: [],
  });
});

test('routes that hosts have in common are in memory once', () => {
  const [one, other] = [parseNetwork(sectionsIn(output)), parseNetwork(sectionsIn(output))];
  expect(other.routes).toEqual(one.routes);
  for (const [index, route] of other.routes.entries()) expect(route).toBe(one.routes[index]);
});
