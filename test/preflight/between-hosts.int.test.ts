import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lookBetweenHosts } from '../../src/preflight/between-hosts.js';
import type { Site } from '../../src/survey/open-site.js';
import type { Session } from '../../src/survey/session.js';
import { localTransport } from '../../src/transport/local.js';
import { controlPlane, inventoryOf } from '../desired/inventory-of.js';

test.each(['/var/lib/etcd', '/data/etcd', '/deep/in/nowhere at all'])(
  'the look at the disk ends, and leaves nothing, wherever %s may be',
  async (dataDir) => {
    const root = mkdtempSync(join(tmpdir(), 'podstrap-disk-'));
    const transport = localTransport({
      host: 'cp-1',
      user: 'root',
      become: 'none',
      env: { PATH: process.env.PATH, PODSTRAP_ROOT: root },
      password: () => ({ answer: async () => undefined, settle: () => undefined }),
    });
    const inventory = inventoryOf({
      kubernetesVersion: 'v1.36.3',
      hosts: [controlPlane(1)],
      etcd: { local: { dataDir } },
    });
    const warnings = await lookBetweenHosts(
      { inventory } as Session,
      { transports: new Map([['cp-1', transport]]) } as unknown as Site,
    );
    for (const { host, message } of warnings)
      expect(`${host}: ${message}`).toMatch(/^cp-1: a synchronous write below/);
    expect(readdirSync(root)).toEqual([]);
    await transport.close();
    rmSync(root, { recursive: true });
  },
);
