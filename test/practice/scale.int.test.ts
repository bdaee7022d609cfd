import { mkdtempSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startPracticeSite } from '../../src/practice/practice-site.js';
import { login } from './client.js';

test('hundreds of hosts live in one process, each with a port, an address and an identity of its own', async () => {
  const site = await startPracticeSite({
    directory: mkdtempSync(join(tmpdir(), 'practice-')),
    hosts: Array.from({ length: 300 }, (_, index) => ({ name: `h-${index}` })),
  });
  try {
    expect(site.hosts.every(({ advertiseAddress }) => isIPv4(advertiseAddress))).toBe(true);
    expect(new Set(site.hosts.map(({ advertiseAddress }) => advertiseAddress)).size).toBe(300);
    expect(new Set(site.hosts.map(({ port }) => port)).size).toBe(300);
    const some = site.hosts.filter((_, index) => index % 30 === 0);
    const identities = await Promise.all(
      some.map(async (host) => {
        const client = await login(host, site.identityFile);
        const { stdout } = await client.run('cat "$R/etc/machine-id"; hostname');
        client.close();
        return stdout;
      }),
    );
    expect(new Set(identities).size).toBe(some.length);
    expect(identities[1]).toMatch(/^[0-9a-f]{32}\nh-30\n$/);
  } finally {
    await site.close({ remove: true });
  }
});
