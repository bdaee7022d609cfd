import { expect, test } from 'vitest';
import { Failure } from '../../src/failure.js';
import { parseNetworks } from '../../src/inventory/networks.js';
import type { ApiObject } from '../../src/kubernetes/api-object.js';
import { toldPodNetworks } from '../../src/plan/documents/told-pod-networks.js';

const pools = parseNetworks('10.244.0.0/16,fd00:10:244::/56')!;
const node = (name: string, podCIDRs?: unknown): ApiObject =>
  ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    ...(podCIDRs === undefined ? {} : { spec: { podCIDRs } }),
  }) as ApiObject;

test('nodes have parts of the pods’ networks, or none yet', () => {
  const nodes = [
    node('cp-1', ['10.244.3.0/24', 'fd00:10:244:7::/64']),
    node('cp-2', ['10.244.0.0/24']),
    node('w-1'),
    node('w-2', null),
  ];
  expect(toldPodNetworks(nodes, pools)).toEqual({
    'cp-1': ['10.244.3.0/24', 'fd00:10:244:7::/64'],
    'cp-2': ['10.244.0.0/24'],
    'w-1': [],
    'w-2': [],
  });
});

test.each([
  ['everything', ['0.0.0.0/0']],
  ['everything of the other family', ['::/0']],
  ['what is larger than the network', ['10.0.0.0/8']],
  ['the hosts’ own network', ['192.0.2.0/24']],
  ['a single address outside of it', ['192.0.2.1/32']],
  ['an address within it', ['10.244.3.7/24']],
  ['a command', ['$(touch /tmp/x)/24']],
  ['what another node has', ['10.244.9.0/24']],
  ['what holds what another node has', ['10.244.8.0/21']],
  ['three', ['10.244.1.0/24', '10.244.2.0/24', '10.244.3.0/24']],
  ['no texts', [7]],
  ['no list', '10.244.1.0/24'],
])('%s is believed of no node', (_, told) => {
  const read = () => toldPodNetworks([node('cp-1', ['10.244.9.0/24']), node('w-1', told)], pools);
  expect(read).toThrow(Failure);
  try {
    read();
  } catch (error) {
    expect((error as Failure).kind).toBe('unsound');
    expect((error as Failure).said).toContain('w-1');
  }
});
