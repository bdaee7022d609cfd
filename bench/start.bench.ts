import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'vitest';
import { runCommand } from '../test/lab/command.js';
import { beside } from '../test/lab/settings.js';
import { median } from './median.js';
import { quiet } from './quiet.js';
import { stopwatch } from './stopwatch.js';
import { writeResults } from './write-results.js';

const rounds = Number(process.env.BENCH_RUNS ?? 10);

/** podstrap as people have it; `npm run release` makes the last two. */
const forms = {
  'from npm': [process.execPath, beside('../../dist/cli/bin.js')],
  'one file': [process.execPath, beside('../../release/podstrap.mjs')],
  executable: [beside(`../../release/podstrap-linux-${process.arch === 'arm64' ? 'arm64' : 'amd64'}`)],
} as const;
type Form = keyof typeof forms;
const names = Object.keys(forms) as Form[];

test('starting podstrap, in each of its forms', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'podstrap-bench-'));
  const run = (form: Form, ...words: string[]) =>
    runCommand(forms[form][0], [...forms[form].slice(1), ...words], {
      directory,
      environment: { NO_COLOR: '1', SSH_AUTH_SOCK: undefined, KUBECONFIG: undefined },
    });
  const must = async (form: Form, ...words: string[]) => {
    const { code, stderr } = await run(form, ...words);
    if (code !== 0) throw new Error(`${form}: podstrap ${words.join(' ')}: ${stderr}`);
  };
  await must('from npm', 'practice', 'start', 'practice', '--control-planes', '3', '--workers', '0');
  const inventory = join(directory, 'practice', 'cluster.yaml');
  const seconds: Record<string, number[]> = {};
  try {
    await must('from npm', 'up', '--yes', '-f', inventory);
    await quiet();
    for (let round = 0; round < rounds; round++)
      for (const [what, words] of [
        ['--help', ['--help']],
        ['plan', ['plan', '-f', inventory]],
      ] as const)
        for (const form of names) {
          const taken = stopwatch();
          await must(form, ...words);
          const key = `${what} ${form}`;
          seconds[key] = [...(seconds[key] ?? []), taken()];
        }
  } finally {
    await run('from npm', 'practice', 'stop', 'practice');
    await rm(directory, { recursive: true, force: true });
  }
  const of = (what: string, form: Form) => median(seconds[`${what} ${form}`]!);
  await writeResults({
    suite: 'start',
    about: `From start to exit of the program (median of ${rounds}; in brackets, how it compares with the program from npm, wanted: at most 1.20).`,
    columns: ['', ...names],
    rows: [
      ['`podstrap --help`', '--help'],
      ['`podstrap plan`, three practice control planes, nothing to do', 'plan'],
    ].map(([title, what]) => [
      title!,
      ...names.map(
        (form) => `${of(what!, form).toFixed(2)} s (${(of(what!, form) / of(what!, 'from npm')).toFixed(2)})`,
      ),
    ]),
    figures: { rounds, seconds },
  });
});
