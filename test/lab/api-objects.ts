import { expect } from 'vitest';
import type { LabHost } from './hosts.js';
import type { Operator } from './operator.js';

/** What anyone does with a new cluster, once through the API server of each host: write there, read back everywhere. */
export async function everyApiServerWorks(hosts: readonly LabHost[], operator: Operator): Promise<void> {
  const servers = hosts.map(({ ip }) => ip);
  for (const [index, server] of servers.entries()) {
    const space = `through-${index}`;
    await operator.kubectl(server, 'create', 'namespace', space);
    await operator.kubectl(
      server,
      '-n',
      space,
      'create',
      'configmap',
      'settings',
      `--from-literal=from=${server}`,
    );
    await operator.kubectl(
      server,
      '-n',
      space,
      'create',
      'secret',
      'generic',
      'word',
      '--from-literal=word=open',
    );
    for (const other of servers) {
      const get = (...args: string[]) => operator.kubectl(other, '-n', space, 'get', ...args);
      expect(await get('configmap', 'settings', '-o', 'jsonpath={.data.from}')).toBe(server);
      expect(await get('secret', 'word', '-o', 'jsonpath={.data.word}')).toBe('b3Blbg==');
    }
  }
}

/** The names of the nodes, as one API server tells them. */
export async function nodesOf(operator: Operator, server: string): Promise<string[]> {
  const said = await operator.kubectl(server, 'get', 'nodes', '-o', 'name');
  return said
    .trim()
    .split('\n')
    .map((name) => name.replace('node/', ''));
}
