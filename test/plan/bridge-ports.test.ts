import { expect, test } from 'vitest';
import { balancerFiles, revisionOfConfig, withServers } from '../../src/desired/pods/load-balancer.js';
import type { Desired } from '../../src/desired/resource.js';
import { paths } from '../../src/host/paths.js';
import { bridgePorts } from '../../src/plan/diff/bridge-ports.js';
import { digestOf } from '../../src/secrets/digest.js';
import { controlPlane, inventoryOf, worker } from '../desired/inventory-of.js';
import { bareFacts } from './facts-of.js';

const of = (bindPort: number) =>
  inventoryOf({
    kubernetesVersion: 'v1.36.3',
    networking: { podSubnet: '10.244.0.0/16', plugin: 'none' },
    hosts: [controlPlane(1), controlPlane(2), worker(1)],
    apiServer: { bindPort },
  });
const filesOn = (bindPort: number) => {
  const inventory = of(bindPort);
  return balancerFiles({ inventory, host: inventory.spec.hosts[2]! } as Parameters<typeof balancerFiles>[0]);
};
const config = (bindPort: number) => String(filesOn(bindPort)[0]!.content);
const wanted = {
  hosts: [{ host: 'w-1', resources: filesOn(7443) }],
} as unknown as Desired;
const seen = (text: string, ...ports: readonly number[]) =>
  new Map([
    ...ports.map((apiPort, index) => [`cp-${index + 1}`, bareFacts(`cp-${index + 1}`, { apiPort })] as const),
    [
      'w-1',
      bareFacts('w-1', {
        files: {
          [paths.balancerConfig]: {
            path: paths.balancerConfig,
            type: 'file',
            mode: 0o644,
            uid: 0,
            gid: 0,
            size: 1,
            sha256: digestOf(text),
            content: text,
          },
        },
      }),
    ] as const,
  ]);
const serversIn = (text: string) => [...text.matchAll(/^ +server (\S+) (\S+)$/gm)].map(([, , at]) => at);

test('before the first API server goes, balancers lead to both ports of each, and listen where they did', () => {
  const { steps, contents } = bridgePorts(of(7443), wanted, seen(config(6443), 6443, 6443));
  expect(steps.map(({ host, phase, action }) => [host, phase, action.do])).toEqual([
    ['w-1', 'peers', 'write-file'],
  ]);
  expect(steps.map(({ replaces }) => replaces)).toEqual([digestOf(config(6443))]);
  const [text] = [...contents.values()];
  expect(serversIn(text!)).toEqual(['10.0.0.11:6443', '10.0.0.12:6443', '10.0.0.11:7443', '10.0.0.12:7443']);
  expect(text).toMatch(/bind 127\.0\.0\.1:6443/);
  expect(revisionOfConfig(text!)).not.toBe(revisionOfConfig(config(6443)));
  expect(text).not.toContain(revisionOfConfig(config(6443)));
});

test('where it leads to both already, or nothing moves, there is nothing to do', () => {
  const [both] = [...bridgePorts(of(7443), wanted, seen(config(6443), 6443, 6443)).contents.values()];
  expect(bridgePorts(of(7443), wanted, seen(both!, 7443, 6443)).steps).toEqual([]);
  expect(bridgePorts(of(7443), wanted, seen(config(7443), 7443, 7443)).steps).toEqual([]);
});

test('midway it leads to what is still at the other port', () => {
  const { contents } = bridgePorts(of(7443), wanted, seen(config(7443), 7443, 6443));
  expect(serversIn([...contents.values()][0]!)).toEqual([
    '10.0.0.11:7443',
    '10.0.0.12:7443',
    '10.0.0.12:6443',
  ]);
});

test('a configuration that is not podstrap’s is left alone', () => {
  expect(withServers('frontend x\n', [{ name: 'a', address: '10.0.0.1:1' }])).toBe('frontend x\n');
});
