import { expect, vi } from 'vitest';
import type { CheckReport } from '../../src/check/check-report.js';
import type { Operator } from './operator.js';

/** What `podstrap check` tells; it leaves no pod behind, and soon no namespace, whatever came of it. */
export async function checked(
  operator: Operator,
  server: string,
  ...options: readonly string[]
): Promise<CheckReport> {
  const ended = await operator.podstrap(['check', '-o', 'json', ...options]);
  if (ended.stdout === '') throw new Error(`it ended with ${ended.code}\n${ended.stderr}`);
  const report = JSON.parse(ended.stdout) as CheckReport;
  expect(ended.code).toBe(report.ok ? 0 : 1);
  const pods = await operator.kubectl(server, 'get', 'pods', '-A', '-l', 'app=podstrap-check', '-o', 'name');
  expect(pods.trim()).toBe('');
  // The controller of namespaces lets five seconds pass first; one that was just elected begins with other things.
  await vi.waitUntil(async () => (await checkNamespaces(operator, server)).length === 0, {
    timeout: 60_000,
    interval: 500,
  });
  return report;
}

/** Names of checks' namespaces. */
export const checkNamespaces = async (operator: Operator, server: string): Promise<readonly string[]> =>
  (await operator.kubectl(server, 'get', 'namespaces', '-l', 'podstrap.io/check', '-o', 'name'))
    .split('\n')
    .filter((line) => line !== '');

/** The checks that are not well, as `name node: result`. */
export const unwell = ({ checks }: CheckReport): readonly string[] =>
  checks
    .filter(({ result }) => result !== 'ok')
    .map(({ check, node, result }) => `${check} ${node ?? '(cluster)'}: ${result}`);

/** The same, with what was said. */
export const told = ({ checks }: CheckReport): readonly string[] =>
  checks
    .filter(({ result }) => result !== 'ok')
    .map(({ check, node, result, said }) => `${check} ${node ?? '(cluster)'}: ${result}: ${said}`);

export const saidOf = ({ checks }: CheckReport, name: string, on: string): string | undefined =>
  checks.find(({ check, node }) => check === name && node === on)?.said;
