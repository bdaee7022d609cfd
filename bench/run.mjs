// npm run bench -- [practice] [fleet] [start] [transfer] [line] [bundle] [large] [relay] [offline] [bootstrap] [cluster] [rollout] [upgrade] [plan] [ansible] [lab]: measures, then prints the tables that bench/results/ holds.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const lab = ['bootstrap', 'cluster', 'rollout', 'upgrade', 'plan', 'ansible'];
const suites = [
  'practice',
  'clients',
  'fleet',
  'start',
  'transfer',
  'line',
  'bundle',
  'large',
  'relay',
  'offline',
  ...lab,
];
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const asked = process.argv.slice(2).flatMap((name) => (name === 'lab' ? lab : [name]));
const unknown = asked.filter((name) => !suites.includes(name));
if (unknown.length > 0) {
  process.stderr.write(
    `no such suite: ${unknown.join(', ')}; choose from ${suites.join(', ')}, or lab for the last six\n`,
  );
  process.exit(64);
}
const measured = [];
for (const suite of asked.length > 0 ? asked : suites) {
  const args = [here('../node_modules/vitest/vitest.mjs'), 'run', '--config', here('vitest.config.ts')];
  const { status } = spawnSync(process.execPath, [...args, `bench/${suite}.bench.ts`], { stdio: 'inherit' });
  if (status === 0) measured.push(suite);
  else process.exitCode = 1;
}
for (const suite of measured) process.stdout.write(`\n${readFileSync(here(`results/${suite}.md`), 'utf8')}`);
