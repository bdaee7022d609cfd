import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressAt, firstNetwork, loopbackFor } from '../../src/host/network.js';

test.each([
  ['10.96.0.0/12', 10, '10.96.0.10'],
  ['10.96.0.0/12', 1, '10.96.0.1'],
  ['10.96.5.7/12', 10, '10.96.0.10'],
  ['192.168.255.0/24', 255, '192.168.255.255'],
  ['10.0.0.0/8', 256, '10.0.1.0'],
  ['fd00:2::/112', 10, 'fd00:2::a'],
  ['fd00:2::ff00/108', 10, 'fd00:2::a'],
])('in %s number %i is %s', (cidr, n, address) => {
  expect(addressAt(cidr, n)).toBe(address);
});

test('numbers count on from the first address, over the borders of bytes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 8, max: 24 }), fc.nat(250), (prefix, n) => {
      const [a, b, c, d] = addressAt(`172.16.0.0/${prefix}`, n).split('.').map(Number);
      const first = addressAt(`172.16.0.0/${prefix}`, 0).split('.').map(Number);
      const asNumber = (bytes: readonly number[]) => bytes.reduce((sum, byte) => sum * 256 + byte, 0);
      expect(asNumber([a!, b!, c!, d!]) - asNumber(first)).toBe(n);
    }),
  );
});

test('of two service networks the first one counts', () => {
  expect(firstNetwork('fd00:2::/112, 10.96.0.0/12')).toBe('fd00:2::/112');
});

test('loopback follows the family', () => {
  expect([loopbackFor('10.0.0.1'), loopbackFor('2001:db8::1')]).toEqual(['127.0.0.1', '::1']);
});
