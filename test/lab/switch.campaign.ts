import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Lab, startLab } from './hosts.js';
import { components } from './manifests.js';
import { namedHosts } from './named-hosts.js';
import { must, newOperator, nothingToDo, type Operator } from './operator.js';
import { readyTimes } from './ready-times.js';

const hosts = namedHosts('swap', 3, 71);
type Component = (typeof components)[number];

/** The part of `spec` that gives components one more flag, of which every level is another. */
const flagged = (which: readonly Component[], level: number) => {
  const extraArgs = [{ name: 'v', value: `${level}` }];
  return {
    timeouts: { watchAfterChange: '1s' },
    ...(which.includes('etcd')
      ? { etcd: { local: { extraArgs: [{ name: 'max-request-bytes', value: `${2_000_000 + level}` }] } } }
      : {}),
    ...(which.includes('kube-apiserver') ? { apiServer: { extraArgs } } : {}),
    ...(which.includes('kube-controller-manager') ? { controllerManager: { extraArgs } } : {}),
    ...(which.includes('kube-scheduler') ? { scheduler: { extraArgs } } : {}),
  };
};

describe('how long a switch takes', () => {
  let lab: Lab;
  let operator: Operator;
  let level = 1;
  beforeAll(async () => {
    lab = await startLab({ hosts });
    operator = await newOperator(lab, inject('artifacts'));
    await operator.write({ spec: flagged(components, level) });
    await must(operator.up());
  });
  afterAll(async () => {
    await operator?.leave();
    await lab?.down();
  });

  it.for<readonly Component[]>([
    ['kube-apiserver'],
    ['kube-controller-manager'],
    ['kube-scheduler'],
    ['etcd'],
    components,
  ])('of %s: told as a table', async (changed) => {
    level += 1;
    // The others keep the flags that they have.
    const spec = { ...flagged(components, 1), ...flagged(changed, level) };
    await operator.write({ spec });
    const ready = readyTimes(hosts);
    await must(operator.up());
    const readyAt = await ready.stop();
    for (const { name, ip } of hosts) {
      const began = await switchedAt(operator, name);
      const started = await Promise.all(changed.map((component) => startOf(lab, name, component)));
      const words = changed.map(
        (component, index) => `${component} started ${since(began, started[index]!)}`,
      );
      const again = readyAt.get(ip)!.filter((time) => time > began)[0];
      if (again !== undefined) words.push(`API server ready ${since(began, again)}`);
      console.log(`${name}: ${words.join(', ')}`);
      for (const time of started) expect(time).toBeGreaterThan(began);
    }
    // Back to where it was, so that the next one changes alone.
    await operator.write({ spec: flagged(components, 1) });
    await must(operator.up());
    await nothingToDo(operator);
  });
});

const since = (began: number, then: number): string => `${((then - began) / 1000).toFixed(1)} s`;

/** When the last run began to send its switch to a host, by that run's journal. */
async function switchedAt(operator: Operator, host: string): Promise<number> {
  const runs = join(operator.directory, '.podstrap', 'lab', 'runs');
  const last = (await readdir(runs)).sort().at(-1)!;
  const events = (await readFile(join(runs, last), 'utf8')).trim().split('\n');
  const event = events
    .map((line) => JSON.parse(line) as { at: string; host?: string; doing?: string })
    .find((one) => one.host === host && one.doing?.startsWith('switching'));
  if (event === undefined) throw new Error(`${last} tells of no switch on ${host}`);
  return Date.parse(event.at);
}

/** When the container of a component that runs now was started: its log was made then. */
async function startOf(lab: Lab, host: string, component: Component): Promise<number> {
  const logs = lab.path(host, '/var/log/pods');
  const own = (await readdir(logs)).filter((name) => name.startsWith(`kube-system_${component}-`));
  const files = await Promise.all(
    own.map((name) => stat(join(logs, name, component, '0.log')).catch(() => undefined)),
  );
  return Math.max(...files.map((file) => file?.birthtimeMs ?? 0));
}
