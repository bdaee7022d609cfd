import { afterAll, beforeAll, test } from 'vitest';
import { type LabGround, startGround, upArguments } from './lab-ground.js';
import { measurePodstrap, type Usage } from './measure-podstrap.js';
import { median } from './median.js';
import { quiet } from './quiet.js';
import { writeResults } from './write-results.js';

const rounds = Number(process.env.BENCH_RUNS ?? 15);

/** The program of another build, with which this one takes turns: `dist/cli/bin.js` of a checkout. */
const base = process.env.BENCH_BASE;

let ground: LabGround;
beforeAll(async () => {
  ground = await startGround();
});
afterAll(() => ground?.close());

test('plan on three healthy control planes', async () => {
  const builds = [undefined, ...(base === undefined ? [] : [base])];
  const used = builds.map(() => [] as Usage[]);
  await ground.withOperator(3, async ({ directory }) => {
    await measurePodstrap(directory, upArguments);
    // Its addons are on their way until then, and take the processors.
    await measurePodstrap(directory, ['check', '--wait', '2m']);
    await quiet();
    for (let round = 0; round < rounds; round++)
      for (const [index, bin] of builds.entries())
        used[index]!.push(await measurePodstrap(directory, ['plan'], bin));
  });
  await ground.clean(ground.ours);
  const of = (runs: readonly Usage[], pick: (usage: Usage) => number) => median(runs.map(pick));
  const row = (what: string, pick: (usage: Usage) => number): readonly string[] => {
    const [ours, theirs] = used.map((runs) => of(runs, pick));
    const compared =
      theirs === undefined ? ['', ''] : [`${theirs.toFixed(2)} s`, (ours! / theirs).toFixed(2)];
    return [what, `${ours!.toFixed(2)} s`, ...compared];
  };
  await writeResults({
    suite: 'plan',
    about: `\`plan\` on three healthy control planes to which nothing is to be done, on real hosts on this machine; with BENCH_BASE=FILE, taking turns with the program of another build. Median of ${rounds}.`,
    columns: ['', 'this build', 'the other', 'Ratio'],
    rows: [
      row('Wall time', ({ wallSeconds }) => wallSeconds),
      row('Processor time of podstrap', ({ cpuSeconds }) => cpuSeconds),
      row('Processor time of the hosts', ({ hostsSeconds }) => hostsSeconds),
    ],
    figures: { runs: used },
  });
});
