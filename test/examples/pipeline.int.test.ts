import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { dump, load } from 'js-yaml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectEnd, type Spec, startWorld, type World } from '../failures/world.js';
import { type Ended, output, runCommand } from '../lab/command.js';

interface Pipeline {
  readonly jobs: Readonly<Record<'plan' | 'apply', { readonly steps: readonly { readonly run?: string }[] }>>;
}

const example = resolve(import.meta.dirname, '../../examples/pipeline/plan-and-apply.yml');
const program = resolve(import.meta.dirname, '../../dist/cli/bin.js');

let world: World;
let repository: string;
let pipeline: Pipeline;

beforeAll(async () => {
  world = await startWorld(1);
  pipeline = load(await readFile(example, 'utf8')) as Pipeline;
  repository = join(world.directory, 'repository');
  for (const folder of [repository, 'bin', 'state/.podstrap', 'state/plans'])
    await mkdir(resolve(world.directory, folder), { recursive: true });
  const own = join(world.directory, 'bin', 'podstrap');
  await writeFile(own, `#!/bin/sh\nexec ${process.execPath} ${program} "$@"\n`);
  await chmod(own, 0o755);
  await git('init', '-q', '-b', 'main');
  await writeFile(join(repository, '.gitignore'), '.podstrap\n');
  await git('add', '.');
  await git('commit', '-qm', 'Empty');
});
afterAll(() => world.close());

const author = ['-c', 'user.name=operator', '-c', 'user.email=operator@example.com'];
const git = (...words: readonly string[]): Promise<string> =>
  output('git', [...author, '-C', repository, ...words]);

/** Commits another inventory on a branch of main. @param edit gives the `spec` of the one that main begins with */
async function change(branch: string, edit: (spec: Spec) => Spec): Promise<void> {
  await git('checkout', '-q', '-b', branch, 'main');
  const file = join(repository, 'cluster.yaml');
  await copyFile(world.file, file);
  const inventory = load(await readFile(file, 'utf8')) as { spec: Spec };
  await writeFile(file, dump({ ...inventory, spec: edit(inventory.spec) }));
  await git('add', '.');
  await git('commit', '-qm', branch);
}

/** Merges a branch into main as one commit, as the button does that most people press. */
async function merge(branch: string): Promise<void> {
  await git('checkout', '-q', 'main');
  await git('merge', '-q', '--squash', branch);
  await git('commit', '-qm', `Merge ${branch}`);
}

let jobs = 0;

/** Runs a job as its runner does: in a fresh checkout, with a file for its summary. */
async function run(job: 'plan' | 'apply', checkout: string): Promise<Ended & { readonly summary: string }> {
  const directory = join(world.directory, `job-${++jobs}`);
  await output('git', ['clone', '-q', repository, directory]);
  await output('git', [...author, '-C', directory, 'checkout', '-q', '--detach', 'origin/main']);
  if (checkout !== 'main')
    await output('git', [
      ...author,
      ...['-C', directory, 'merge', '-q', '--no-ff', '-m', 'As it would be merged'],
      `origin/${checkout}`,
    ]);
  const summary = join(directory, '.git', 'summary.md');
  await writeFile(summary, '');
  const lines = pipeline.jobs[job].steps.map((step) => step.run ?? '').join('\n');
  const ended = await runCommand('bash', ['-e', '-o', 'pipefail', '-c', lines], {
    directory,
    environment: {
      ...{ HOME: world.directory, NO_COLOR: '1', SSH_AUTH_SOCK: undefined },
      PATH: `${join(world.directory, 'bin')}:${process.env['PATH']}`,
      STATE: join(world.directory, 'state'),
      GITHUB_STEP_SUMMARY: summary,
    },
  });
  return { ...ended, summary: await readFile(summary, 'utf8') };
}

test('a pull request shows what merging it applies, and nothing else is ever applied', async () => {
  await change('first', (spec) => spec);
  const first = await run('plan', 'first');
  expectEnd(first, 0);
  expect(first.summary).toMatch(/^### podstrap plan of `practice`\n\n\*\*\d+ changes on 1 host/);
  expect(first.summary).toContain('<details><summary>cp-1: ');
  await merge('first');
  expectEnd(await run('apply', 'main'), 0, 'After this, `podstrap plan` is empty');

  await change('longer', (spec) => ({
    ...spec,
    apiServer: { extraArgs: [{ name: 'event-ttl', value: '2h' }] },
  }));
  const planned = await run('plan', 'longer');
  expectEnd(planned, 0);
  expect(planned.summary).toContain('`~ switch static pod kube-apiserver`');
  expect(planned.summary).toMatch(/^ {2}\+ {4}- --event-ttl=2h$/m);

  // Somebody else is faster, and main is not what the plan was made of.
  await change('other', (spec) => ({ scheduler: { extraArgs: [{ name: 'v', value: '3' }] }, ...spec }));
  expectEnd(await run('plan', 'other'), 0);
  await merge('other');
  expectEnd(await run('apply', 'main'), 0, 'Done: ');
  await merge('longer');
  expectEnd(await run('apply', 'main'), 64, 'there is no such file', 'Nothing was changed');

  await git('checkout', '-q', '-b', 'again', 'main');
  expectEnd(await run('plan', 'again'), 0);
  expectEnd(await run('apply', 'main'), 0, 'Done: ');
  expectEnd(await run('apply', 'main'), 1, 'it would no longer switch static pod kube-apiserver');
});
