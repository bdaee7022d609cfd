import { describe, expect, test } from 'vitest';
import { InvalidInventory } from '../../../src/inventory/reading/invalid-inventory.js';
import { parseInventory } from '../../../src/inventory/reading/parse-inventory.js';
import type { RunCommand } from '../../../src/inventory/reading/source.js';
import { stagesOf } from '../../../src/plan/rollout/stages.js';

const head = `apiVersion: podstrap.io/v1alpha1
kind: Fleet
metadata: { name: shops }
spec:
  kubernetesVersion: v1.36.3
`;

const hosts = `  hosts:
    - { name: shop-1, address: 192.0.2.1, labels: { kind: kiosk, ring: canary }, values: { till: 7 } }
    - { name: shop-2, address: shop-2.example.com, labels: { kind: kiosk } }
    - { name: store-1, address: 192.0.2.3 }
`;

function read(
  text: string,
  files: Readonly<Record<string, string>> = {},
  run?: RunCommand,
): ReturnType<typeof parseInventory> {
  return parseInventory(head + text, {
    file: 'fleet.yaml',
    directory: '/shops',
    environment: {},
    run,
    files: {
      kind: (path) => (path in files ? 'file' : undefined),
      list: () => [],
      read: (path) => files[path]!,
    },
  });
}

/** `place  path: found` of everything that is wrong. */
function wrong(text: string, files?: Readonly<Record<string, string>>, run?: RunCommand): readonly string[] {
  try {
    read(text, files, run);
  } catch (error) {
    if (!(error instanceof InvalidInventory)) throw error;
    return error.problems.map(
      ({ file, line, path, found, hint }) => `${file}:${line} ${path}: ${found}${hint ? `; ${hint}` : ''}`,
    );
  }
  return [];
}

describe('a fleet', () => {
  test('is hosts that have a kubelet, and no part of a cluster', () => {
    const { inventory } = read(hosts);
    expect(inventory.kind).toBe('Fleet');
    expect(inventory.spec.hosts.map(({ name, roles }) => [name, roles])).toEqual([
      ['shop-1', ['standalone']],
      ['shop-2', ['standalone']],
      ['store-1', ['standalone']],
    ]);
    expect(inventory.spec.networking).toMatchObject({ plugin: 'bridge', podSubnet: '10.244.0.0/24' });
  });

  test('gives its hosts what their groups have, one group after another, and lets hosts have the last word', () => {
    const { inventory } = read(`  groups:
    - { name: kiosks, matchLabels: { kind: kiosk }, labels: { screen: "yes" }, values: { till: 1, ui: { lang: de, dark: true } } }
    - { name: screens, matchLabels: { screen: "yes" }, values: { ui: { lang: fr } } }
    - { name: stores, hosts: [store-1], labels: { kind: store } }
${hosts}`);
    expect(inventory.spec.hosts.map(({ labels, values }) => ({ labels, values }))).toEqual([
      {
        labels: { kind: 'kiosk', ring: 'canary', screen: 'yes' },
        values: { till: 7, ui: { lang: 'fr', dark: true } },
      },
      { labels: { kind: 'kiosk', screen: 'yes' }, values: { till: 1, ui: { lang: 'fr', dark: true } } },
      { labels: { kind: 'store' }, values: {} },
    ]);
  });

  test('takes hosts from CSV files, JSON files and commands, behind its own', () => {
    const csv = `name,address,labels.kind,ssh.port,values.note,values.place.row
shop-3,192.0.2.13,kiosk,2222,"left, by the ""door""",4

shop-4,192.0.2.14,,,,
`;
    const json = JSON.stringify([{ name: 'shop-5', address: '192.0.2.15', values: { till: 5 } }]);
    const asked: string[][] = [];
    const { inventory } = read(
      `  hostsFrom:
    - file: more.csv
    - file: more.json
    - command: [terraform, output, -json, hosts]
${hosts}`,
      { '/shops/more.csv': csv, '/shops/more.json': json },
      (command) => {
        asked.push([...command]);
        return { stdout: '{"shop-6": {"address": "192.0.2.16", "labels": {"kind": "kiosk"}}}' };
      },
    );
    expect(asked).toEqual([['terraform', 'output', '-json', 'hosts']]);
    expect(inventory.spec.hosts.slice(3)).toMatchObject([
      {
        name: 'shop-3',
        labels: { kind: 'kiosk' },
        ssh: { port: 2222 },
        values: { note: 'left, by the "door"', place: { row: '4' } },
      },
      { name: 'shop-4', labels: {} },
      { name: 'shop-5', values: { till: 5 } },
      { name: 'shop-6', address: '192.0.2.16', labels: { kind: 'kiosk' } },
    ]);
  });

  test.each([
    ['no host at all', '', ['fleet.yaml:5 spec.hosts: no host']],
    [
      'a role, which its hosts do not have',
      '  hosts: [{ name: a, address: 192.0.2.1, roles: [worker] }]\n',
      ['fleet.yaml:6 spec.hosts[0].roles: unknown field'],
    ],
    ['a part of a cluster', `  etcd: {}\n${hosts}`, ['fleet.yaml:6 spec.etcd: unknown field']],
    [
      'a group that nobody is in',
      `  groups: [{ name: tills, matchLabels: { kind: till } }]\n${hosts}`,
      ['fleet.yaml:6 spec.groups[0]: a group that no host is in'],
    ],
    [
      'a stage without hosts, and one that is left none',
      `  rollout: { stages: [{ name: all }, { name: rest }, { name: tills, hosts: { matchLabels: { kind: till } } }] }\n${hosts}`,
      [
        'fleet.yaml:6 spec.rollout.stages[1]: a stage without hosts: stages before it have taken in all',
        'fleet.yaml:6 spec.rollout.stages[2]: a stage without hosts',
      ],
    ],
    [
      'a percentage of nothing, and one that is none',
      `  rollout: { failureTolerance: many, stages: [{ name: all, maxParallel: 0% }] }\n${hosts}`,
      [
        'fleet.yaml:6 spec.rollout.failureTolerance: "many"',
        'fleet.yaml:6 spec.rollout.stages[0].maxParallel: "0%"',
      ],
    ],
    [
      'a kubelet that asks an API, or is open to others',
      `  kubelet: { config: { authorization: { mode: Webhook }, address: 0.0.0.0, readOnlyPort: 10255 } }\n${hosts}`,
      [
        'fleet.yaml:6 spec.kubelet.config.authorization.mode: "Webhook"',
        'fleet.yaml:6 spec.kubelet.config.address: "0.0.0.0"',
        'fleet.yaml:6 spec.kubelet.config.readOnlyPort: 10255',
      ],
    ],
    [
      'a network of pods that a host is in',
      `  networking: { podSubnet: 192.0.2.0/24 }\n${hosts}`,
      ['fleet.yaml:6 spec.networking.podSubnet: 192.0.2.0/24 holds the host 192.0.2.1'],
    ],
  ])('refuses %s', (_, text, problems) => {
    expect(wrong(text)).toEqual(problems);
  });

  test('refuses lists that are empty, damaged or say what is there already, each with its place', () => {
    const files = {
      '/shops/empty.csv': 'name,address\n',
      '/shops/cut.json': '[{"name": "shop-9"',
      '/shops/twice.csv': 'name,address\nshop-8,192.0.2.8\nshop-1,192.0.2.9\n',
      '/shops/odd.csv': 'name,adress\nshop-7,192.0.2.7\n',
    };
    const lists = Object.keys(files).map((file) => `    - file: ${file.slice('/shops/'.length)}\n`);
    const problems = wrong(
      `  hostsFrom:\n${lists.join('')}    - command: [inventory]\n${hosts}`,
      files,
      () => ({ stdout: '', said: 'exit code 3' }),
    );
    expect(problems).toEqual([
      'fleet.yaml:7 spec.hostsFrom[0].file: empty.csv lists no host',
      'fleet.yaml:11 spec.hostsFrom[4].command: inventory failed: exit code 3',
      'cut.json:1 spec.hostsFrom[1].file: no JSON',
      'odd.csv:2 adress: unknown field; did you mean "address"?',
      'twice.csv:3 name: shop-1, as the host of spec.hosts[0]',
    ]);
  });
});

test('a host belongs to the first stage that takes it in, and those of none come last', () => {
  const { inventory } = read(`  rollout:
    stages:
      - { name: canary, hosts: { matchLabels: { ring: canary } }, soak: 10m, approve: true }
      - { name: kiosks, hosts: { matchLabels: { kind: kiosk } }, maxParallel: 2 }
${hosts}`);
  expect(stagesOf(inventory).map(({ name, hosts: own, maxParallel }) => [name, own, maxParallel])).toEqual([
    ['canary', ['shop-1'], '100%'],
    ['kiosks', ['shop-2'], 2],
    ['others', ['store-1'], '10%'],
  ]);
});
