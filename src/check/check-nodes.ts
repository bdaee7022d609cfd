import { unready } from '../verify/node-readiness.js';
import { persist } from '../verify/persist.js';
import { awaitEach } from './await-each.js';
import type { CheckResult } from './check-report.js';
import { type Checking, firstKube, persistence } from './checking.js';

/** Whether each host is a node that is ready. Without a network of podstrap's and before there is another, none can be. */
export async function checkNodes(checking: Checking): Promise<readonly CheckResult[]> {
  const { inventory } = checking;
  const names = inventory.spec.hosts.map(({ name }) => name);
  const look = async () => {
    const nodes = await firstKube(checking).list('Node');
    return (name: string) => unready(nodes.find(({ metadata }) => metadata.name === name));
  };
  if (inventory.spec.networking.plugin === 'none') {
    const missingOf = await persist(look, persistence(checking));
    if (names.every((name) => missingOf(name) !== undefined)) return names.map((node) => without(node));
  }
  const seen = await awaitEach(names, look, { timeoutMs: checking.patience, signal: checking.signal });
  return [...seen].map(([node, { seconds, missing }]): CheckResult => {
    if (missing === undefined) return { check: 'node', node, result: 'ok', seconds };
    const next = `Look at \`podstrap status\` and at \`podstrap kubectl describe node ${node}\`.`;
    return { check: 'node', node, result: 'failed', seconds, said: missing, next };
  });
}

const without = (node: string): CheckResult => ({
  check: 'node',
  node,
  result: 'skipped',
  seconds: 0,
  said: 'spec.networking.plugin is none, and no network plugin of yours has made a node ready yet',
});
