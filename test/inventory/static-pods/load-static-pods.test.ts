import { describe, expect, test } from 'vitest';
import { runSecretCommands } from '../../../src/cli/secrets/run-secret-commands.js';
import { InvalidInventory } from '../../../src/inventory/reading/invalid-inventory.js';
import { parseInventory } from '../../../src/inventory/reading/parse-inventory.js';
import { describeProblem } from '../../../src/inventory/reading/problem.js';
import type { Printed } from '../../../src/inventory/static-pods/secret-commands.js';
import { documentWith, filesOf, inventoryOf, problemsOf } from '../sample.js';

const pod = `apiVersion: v1
kind: Pod
spec:
  containers:
    - name: web
      image: example.com/web:1.0
      readinessProbe: { tcpSocket: { port: 80 } }
`;
const hosts = [
  { name: 'cp-1', address: '192.0.2.1', roles: ['control-plane'], values: { till: 1 } },
  { name: 'w-1', address: '192.0.2.2', roles: ['worker'], labels: { ring: 'canary' }, values: { till: 2 } },
  { name: 'w-2', address: '192.0.2.3', roles: ['worker'], labels: { ring: 'rest' }, values: { till: 3 } },
];
const files = filesOf({
  '/inventory/pods/web.yaml': pod,
  '/inventory/pods/unnamed.yaml': pod,
  '/inventory/web.conf': 'conf',
  '/inventory/pin': 'pin-of-the-till',
  '/inventory/tills/2': 'two',
  '/inventory/tills/3': 'three',
});
const web = { name: 'web', manifest: 'pods/web.yaml' };
const withPods = (staticPods: readonly object[], more: object = {}) =>
  documentWith({ hosts, staticPods, ...more });
const read = (staticPods: readonly object[], environment = {}) =>
  inventoryOf(withPods(staticPods), { files, environment });
const complaints = (staticPods: readonly object[], options: { files?: typeof files } = {}) =>
  problemsOf(withPods(staticPods), { files, ...options }).map(describeProblem);

describe('static pods of people’s own', () => {
  test('are read with what they name, each file once', () => {
    const inventory = read([
      {
        ...web,
        hosts: { roles: ['worker'] },
        files: [
          { source: 'web.conf', path: '/etc/web/web.conf' },
          { source: 'tills/{{values.till}}', path: '/etc/web/till' },
          { secret: { file: 'pin' }, path: '/run/secrets/pin' },
        ],
      },
    ]);
    expect(inventory.staticPods.map(({ entry, pod }) => [entry.name, pod])).toEqual([
      ['web', expect.objectContaining({ kind: 'Pod' })],
    ]);
    expect(inventory.staticPods[0]!.placeOf(['spec', 'containers', 0, 'image'])).toEqual({
      file: 'pods/web.yaml',
      line: 6,
      column: 7,
    });
    expect([...inventory.files.keys()].sort()).toEqual(['tills/2', 'tills/3', 'web.conf']);
    expect([...inventory.secrets.values()].map((secret) => secret.reveal())).toEqual(['pin-of-the-till']);
    expect(inventory.hidden.map((secret) => secret.reveal())).toContain('pin-of-the-till');
    expect(inventory.sources.map(({ path }) => path)).toEqual(['cluster.yaml', 'pods/web.yaml']);
  });

  test('run on the hosts that their selector takes in', () => {
    for (const matching of [
      { names: ['w-1'] },
      { roles: ['worker'] },
      { matchLabels: { ring: 'canary' } },
      { matchExpressions: [{ key: 'ring', operator: 'NotIn', values: ['rest'] }] },
      { matchExpressions: [{ key: 'ring', operator: 'DoesNotExist' }] },
    ])
      expect(complaints([{ ...web, hosts: matching }])).toEqual([]);
  });

  test.each<[string, object, RegExp]>([
    [
      'a host that is not there',
      { hosts: { names: ['w1'] } },
      /names\[0\]: no host "w1"; did you mean "w-1"/,
    ],
    ['a selector that matches nothing', { hosts: { matchLabels: { ring: 'x' } } }, /matches no host/],
    [
      'conditions that contradict each other',
      { hosts: { names: ['cp-1'], roles: ['worker'] } },
      /matches no host/,
    ],
    [
      'an expression without values',
      { hosts: { matchExpressions: [{ key: 'ring', operator: 'In' }] }, allowEmpty: true },
      /In without values/,
    ],
    [
      'a name of podstrap’s own',
      { name: 'etcd', manifest: 'pods/unnamed.yaml' },
      /name: etcd, which is a static pod of podstrap’s own/,
    ],
    [
      'no manifest',
      { manifest: 'pods/wbe.yaml' },
      /no such file: pods\/wbe.yaml \(\/inventory\/pods\/wbe.yaml\)/,
    ],
    ['a file from nowhere', { files: [{ path: '/etc/web/x' }] }, /one of `source` and `secret`/],
    [
      'a file from two places',
      { files: [{ path: '/etc/web/x', source: 'web.conf', secret: { file: 'pin' } }] },
      /one of `source` and `secret`/,
    ],
    [
      'a secret from two places',
      { files: [{ path: '/etc/web/x', secret: { file: 'pin', environment: 'PIN' } }] },
      /one of `file`, `environment` and `command`/,
    ],
    [
      'an unlisted variable',
      { files: [{ path: '/etc/web/x', secret: { environment: 'PIN' } }] },
      /add PIN to `environment`/,
    ],
    [
      'a value that is missing',
      { files: [{ path: '/etc/web/x', source: 'tills/{{values.tll}}' }] },
      /files\[0\]: no value for values\.tll on cp-1/,
    ],
    [
      'a file at the root',
      { files: [{ path: '/x', source: 'web.conf' }] },
      /an absolute path below a folder/,
    ],
    [
      'a path twice',
      {
        files: [
          { path: '/etc/web/x', source: 'web.conf' },
          { path: '/etc/web/x', source: 'web.conf' },
        ],
      },
      /each path only once/,
    ],
  ])('%s is refused', (_, fields, said) => {
    const found = complaints([{ ...web, ...fields }]);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(said);
  });

  test('two pods of one name on a host are refused, and a template that fails, each with its place', () => {
    expect(complaints([web, { ...web, manifest: 'pods/unnamed.yaml' }])).toEqual([
      expect.stringMatching(
        /^cluster\.yaml:\d+:\d+ +spec\.staticPods\[1\]\.name: web a second time; expected each name only once/,
      ),
    ]);
    const manifest = pod.replace('web:1.0', '"{{values.verison}}"').replace('example.com/', '');
    const failed = complaints([web], { files: filesOf({ '/inventory/pods/web.yaml': manifest }) });
    expect(failed).toHaveLength(1);
    expect(failed[0]).toMatch(/^pods\/web\.yaml:6:\d+ .*no value for values\.verison on cp-1/);
  });

  const listening = (port: object, spec = '') =>
    complaints([web], {
      files: filesOf({
        '/inventory/pods/web.yaml': `${pod.replace('spec:', `spec:${spec}`)}      ports: [${JSON.stringify(port)}]\n`,
      }),
    }).join('\n');

  test.each([
    [{ containerPort: 80, hostPort: 6443 }, '', /6443\/TCP of cp-1, which kube-apiserver takes as well/],
    [{ containerPort: 2379 }, '\n  hostNetwork: true', /2379\/TCP of cp-1, which etcd takes/],
    [{ containerPort: 10250 }, '\n  hostNetwork: true', /10250\/TCP of w-1, which the kubelet takes/],
    [{ containerPort: 80, hostPort: 6443 }, '', /6443\/TCP of w-1, which haproxy takes as well/],
    [
      { containerPort: 10257, hostIP: '127.0.0.1' },
      '\n  hostNetwork: true',
      /on 127\.0\.0\.1 of cp-1, which kube-controller-manager takes/,
    ],
    [{ containerPort: 10249 }, '\n  hostNetwork: true', /of w-2, which kube-proxy takes/],
  ])('a port of podstrap’s own is refused: %j%s', (port, spec, said) => {
    expect(listening(port, spec)).toMatch(said);
  });

  test.each([
    [{ containerPort: 80, hostPort: 8080 }],
    [{ containerPort: 80, hostPort: 10250, protocol: 'UDP' }],
    [{ containerPort: 80, hostPort: 10248, hostIP: '192.0.2.1' }],
    [{ containerPort: 10250 }],
  ])('a port that nobody has is let pass: %j', (port) => {
    expect(listening(port)).toBe('');
  });

  test('two pods of one host do not have one port, also where one asks for a single address', () => {
    const at = (port: string) => `${pod}      ports: [${port}]\n`;
    const of = (one: string, other: string) =>
      complaints(
        [
          { ...web, hosts: { names: ['w-1'] } },
          { name: 'other', manifest: 'pods/other.yaml' },
        ],
        {
          files: filesOf({ '/inventory/pods/web.yaml': at(one), '/inventory/pods/other.yaml': at(other) }),
        },
      ).join('\n');
    const everywhere = '{ containerPort: 80, hostPort: 80 }';
    expect(of(everywhere, everywhere)).toMatch(/port 80\/TCP of w-1, which web takes as well/);
    expect(of(everywhere, '{ containerPort: 80, hostPort: 80, hostIP: 192.0.2.2 }')).toMatch(
      /which web takes/,
    );
    expect(of(everywhere, '{ containerPort: 80, hostPort: 80, protocol: UDP }')).toBe('');
    expect(
      of(
        '{ containerPort: 80, hostPort: 80, hostIP: 192.0.2.1 }',
        '{ containerPort: 80, hostPort: 80, hostIP: 192.0.2.2 }',
      ),
    ).toBe('');
  });

  test('a selector may match nothing where that is meant', () => {
    expect(complaints([{ ...web, hosts: { matchLabels: { ring: 'x' } }, allowEmpty: true }])).toEqual([]);
  });

  test.each([
    ['image: {{values.image}}', 'quote it: "{{values.image}}"'],
    ['image: {{values.repo}}/web:1', 'quote it: "{{values.repo}}"'],
    ['args: [{{values.a}}]', 'quote it: "{{values.a}}"'],
    ['- {{values.a}}', 'quote it: "{{values.a}}"'],
  ])('an unquoted template is told: %s', (line, hint) => {
    const text = `apiVersion: v1\nkind: Pod\nspec:\n  ${line}\n`;
    const found = complaints([web], { files: filesOf({ '/inventory/pods/web.yaml': text }) });
    expect(found.join('\n')).toContain(hint);
  });

  test('a manifest is one Pod', () => {
    const of = (text: string) => complaints([web], { files: filesOf({ '/inventory/pods/web.yaml': text }) });
    expect(of('apiVersion: apps/v1\nkind: Deployment\n').join()).toMatch(
      /kind Deployment; expected a Pod of v1/,
    );
    expect(of(`${pod}---\n${pod}`).join()).toMatch(/a second document; expected one document per file/);
  });
});

describe('secrets of commands', () => {
  const command = { secret: { command: ['sops', '-d', 'tills/{{values.till}}'] }, path: '/run/secrets/x' };
  const same = { secret: { command: ['sops', '-d', 'common'] }, path: '/run/secrets/y' };
  const inventory = () => read([{ ...web, files: [command, same] }]);

  test('are asked for once for every list of arguments, and never by reading the inventory', async () => {
    const asked: string[] = [];
    const done = await runSecretCommands(inventory(), async (words, { limit }) => {
      asked.push(`${words.join(' ')} ${limit}`);
      return { text: `secret of ${words.at(-1)}` };
    });
    expect(asked.sort()).toEqual([
      'sops -d common 30000',
      'sops -d tills/1 30000',
      'sops -d tills/2 30000',
      'sops -d tills/3 30000',
    ]);
    expect(inventory().secrets.size).toBe(0);
    expect([...done.secrets.values()].map((secret) => secret.reveal()).sort()).toEqual([
      'secret of common',
      'secret of tills/1',
      'secret of tills/2',
      'secret of tills/3',
    ]);
    expect(done.hidden.map((secret) => secret.reveal())).toContain('secret of common');
  });

  test.each<[string, Printed, string]>([
    ['fails', { problem: 'it ended with exit code 3' }, 'sops: it ended with exit code 3'],
    ['prints nothing', { text: '\n' }, 'sops: it printed nothing'],
  ])('one that %s is told with its place', async (_, printed, said) => {
    const failed = runSecretCommands(inventory(), async () => printed);
    await expect(failed).rejects.toThrow(said);
    await expect(failed).rejects.toMatchObject({ kind: 'inventory' });
    await expect(failed).rejects.toThrow('cluster.yaml:');
  });
});

test('what is wrong with static pods is told with the rest', () => {
  const parse = () =>
    parseInventory(withPods([{ ...web, name: 'WEB' }, web, web], { kubernetesVersion: '1.36.3' }), {
      file: 'cluster.yaml',
      directory: '/inventory',
      environment: {},
      files,
    });
  expect(parse).toThrow(InvalidInventory);
  expect(parse).toThrow(/3 problems/);
});
