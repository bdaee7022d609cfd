import { expect, test } from 'vitest';
import { earlierInventory } from '../../src/inventory/earlier-inventory.js';
import type { Files } from '../../src/inventory/reading/files.js';
import { parseInventory } from '../../src/inventory/reading/parse-inventory.js';
import { Secret } from '../../src/secret.js';
import { documentWith } from './sample.js';

/** The operator's disk now: another patch than then, and one more. */
const now: Readonly<Record<string, string>> = {
  '/prod/patches/etcd.yaml': 'metadata: { labels: { patched: now } }',
  '/prod/patches/kube-scheduler.yaml': 'metadata: { labels: { patched: now } }',
};
const files: Files = {
  kind: (path) => (path in now ? 'file' : path === '/prod/patches' ? 'directory' : undefined),
  list: () => Object.keys(now).map((path) => path.slice('/prod/patches/'.length)),
  read: (path) => now[path]!,
};
const present = parseInventory(
  documentWith({
    patches: { directory: 'patches' },
    ssh: { user: 'now' },
    apiServer: { certSANs: ['now.example.com'], extraArgs: [{ name: 'v', value: '4' }] },
    revisionHistoryLimit: 9,
  }),
  { file: 'prod.yaml', directory: '/prod', environment: {}, files },
).inventory;

const sources = [
  {
    path: 'prod.yaml',
    text: new Secret(
      documentWith({
        patches: { directory: 'patches' },
        ssh: { user: 'then' },
        controlPlaneEndpoint: 'then.example.com',
        apiServer: { certSANs: ['then.example.com'], extraArgs: [{ name: 'v', value: '2' }] },
      }),
    ),
  },
  { path: 'patches/etcd.yaml', text: new Secret('metadata: { labels: { patched: then } }') },
];

test('components and patches are those of then; the ways to hosts and what certificates follow are those of now', () => {
  const then = earlierInventory('run-1', sources, present, { environment: {}, files });
  expect(then.spec.apiServer.extraArgs).toEqual([{ name: 'v', value: '2' }]);
  expect(then.patches.map(({ target, content }) => [target, content])).toEqual([
    ['etcd', { metadata: { labels: { patched: 'then' } } }],
  ]);
  expect(then.spec.ssh.user).toBe('now');
  expect(then.spec.apiServer.certSANs).toEqual(['now.example.com']);
  expect(then.spec.controlPlaneEndpoint).toBeUndefined();
  expect(then.spec.revisionHistoryLimit).toBe(9);
  expect(then.sources).toBe(sources);
  expect(then.placeOf('spec.apiServer')).toMatch(/^prod.yaml of run run-1:\d+/);
});
