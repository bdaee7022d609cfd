import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressesOf, lifetimeFor, sshPort } from '../../src/apply/transfer/relay-schedule.js';
import { relayTree } from '../../src/apply/transfer/relay-tree.js';
import type { HostFacts } from '../../src/observed/facts.js';
import { hostNamed } from '../transport/inventory.js';

const named = (count: number) => Array.from({ length: count }, (_, index) => `h${index}`);
const everyone = () => true;

/** Hosts between a host and the operator. */
function depth(host: string, parents: ReadonlyMap<string, string>): number {
  let steps = 0;
  for (let at = parents.get(host); at !== undefined; at = parents.get(at)) {
    steps++;
    if (steps > 1000) throw new Error('in a circle');
  }
  return steps;
}

describe('the tree of a blob', () => {
  test('gives it to one host, and each host to two others', () => {
    expect([...relayTree(named(6), new Set(), everyone)]).toEqual([
      ['h1', 'h0'],
      ['h2', 'h0'],
      ['h3', 'h1'],
      ['h4', 'h1'],
      ['h5', 'h2'],
    ]);
  });

  test('begins with those that have it', () => {
    expect([...relayTree(named(5), new Set(['h3', 'h4']), everyone)]).toEqual([
      ['h0', 'h3'],
      ['h1', 'h3'],
      ['h2', 'h4'],
    ]);
  });

  test('asks nobody who cannot pass it on', () => {
    const parents = relayTree(named(4), new Set(), (host) => host !== 'h0');
    expect([...parents]).toEqual([
      ['h2', 'h1'],
      ['h3', 'h1'],
      ['h0', 'h2'],
    ]);
    expect(relayTree(named(4), new Set(), () => false).size).toBe(0);
  });

  test('is as deep as the logarithm of its hosts, feeds no more than two from one, and has no circle', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.func(fc.boolean()),
        fc.func(fc.boolean()),
        (count, holds, passes) => {
          const hosts = named(count);
          const holders = new Set(hosts.filter((host) => holds(host)));
          const parents = relayTree(hosts, holders, (host) => passes(host));
          const deepest = Math.max(...hosts.map((host) => depth(host, parents)));
          expect(deepest).toBeLessThanOrEqual(Math.ceil(Math.log2(count + 1)));
          expect([...holders].filter((holder) => parents.has(holder))).toEqual([]);
          const asked = [...parents.values()];
          expect(asked.filter((parent) => !passes(parent))).toEqual([]);
          expect(asked.filter((parent) => asked.filter((one) => one === parent).length > 2)).toEqual([]);
          const operatorFeeds = hosts.filter((host) => !parents.has(host) && !holders.has(host));
          if (hosts.every((host) => passes(host)))
            expect(operatorFeeds.length).toBe(holders.size === 0 ? 1 : 0);
        },
      ),
    );
  });
});

test('peers come to the port at which sshd listens, whatever the operator is forwarded through', () => {
  const facts = (...ports: readonly (readonly [number, string])[]) =>
    ({ ports: ports.map(([port, by]) => ({ port, by })) }) as unknown as HostFacts;
  expect(sshPort(facts([22, 'sshd'], [2222, 'sshd']), 2222)).toBe(2222);
  expect(sshPort(facts([22, 'systemd']), 40022)).toBe(22);
  expect(sshPort(facts([2022, 'sshd'], [6443, 'kube-apiserver']), 40022)).toBe(2022);
  expect(sshPort(facts(), 40022)).toBe(40022);
});

test('a key admits addresses, not names', () => {
  const host = hostNamed('cp-1', { address: 'cp-1.example.com', advertiseAddress: '10.0.0.1' });
  expect(addressesOf(host)).toEqual(['10.0.0.1']);
  expect(addressesOf({ ...host, address: '192.0.2.1' })).toEqual(['10.0.0.1', '192.0.2.1']);
  expect(addressesOf({ ...host, address: '10.0.0.1' })).toEqual(['10.0.0.1']);
});

test('keys live an hour, longer on a slow line, and never longer than a day', () => {
  expect(lifetimeFor(0)).toBe(3600);
  expect(lifetimeFor(3600 * 1000, 1000)).toBe(7200);
  expect(lifetimeFor(1e12, 1000)).toBe(86_400);
});
