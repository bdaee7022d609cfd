import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dump, load } from 'js-yaml';
import { test } from 'vitest';
import type { Usage } from './measure-podstrap.js';
import { median } from './median.js';
import { onPracticeCluster } from './practice-ground.js';
import { writeResults } from './write-results.js';

const hosts = Number(process.env.BENCH_HOSTS ?? '100');
const clients = ['built-in', 'openssh'] as const;
type Client = (typeof clients)[number];

/** What the processes of ssh took that a run had started. */
interface Others {
  /** The most at one time. */
  readonly processes: number;
  readonly otherCpuSeconds: number;
  /** The most at one time, each shared page counted in part. */
  readonly otherMegabytes: number;
}

interface Run extends Usage, Others {
  readonly client: Client;
}

test('up with nothing to do, by each SSH client', async () => {
  const runs: Run[] = [];
  await onPracticeCluster(hosts, undefined, async (up, { file }) => {
    // On a busy machine a first bootstrap of so many hosts at once may run out of time: the same command goes on.
    await up().catch(() => up());
    for (let round = 0; round < 3; round++)
      for (const client of clients) {
        await setClient(file, client);
        const sockets = mkdtempSync(join(tmpdir(), 'os-'));
        const stop = watch(`${sockets}/`);
        const usage = await up({ TMPDIR: sockets });
        runs.push({ client, ...usage, ...stop() });
        rmSync(sockets, { recursive: true, force: true });
      }
  });
  const medians = clients.map((client) => {
    const of = (field: keyof Usage | keyof Others) =>
      median(runs.filter((run) => run.client === client).map((run) => run[field]));
    return {
      client,
      wallSeconds: of('wallSeconds'),
      cpuSeconds: of('cpuSeconds'),
      rssMegabytes: of('rssMegabytes'),
      processes: of('processes'),
      otherCpuSeconds: of('otherCpuSeconds'),
      otherMegabytes: of('otherMegabytes'),
    };
  });
  await writeResults({
    suite: 'clients',
    about: `\`podstrap up\` with nothing to do on ${hosts} practice hosts, by each \`ssh.client\`.`,
    columns: ['Client', 'Wall time', 'CPU', 'Memory', 'Processes of ssh', 'Their CPU', 'Their memory'],
    rows: medians.map((one) => [
      one.client,
      `${one.wallSeconds.toFixed(1)} s`,
      `${one.cpuSeconds.toFixed(2)} s`,
      `${one.rssMegabytes.toFixed(0)} MB`,
      String(one.processes),
      `${one.otherCpuSeconds.toFixed(1)} s`,
      `${one.otherMegabytes.toFixed(0)} MB`,
    ]),
    figures: { medians, runs },
  });
});

async function setClient(file: string, client: Client): Promise<void> {
  const document = load(await readFile(file, 'utf8')) as { spec: { ssh: { client?: Client } } };
  document.spec.ssh.client = client;
  await writeFile(file, dump(document));
}

/** Looks ten times a second at the processes that name `mark`. @returns what ends it */
function watch(mark: string): () => Others {
  const ticks = new Map<string, number>();
  let processes = 0;
  let otherMegabytes = 0;
  const look = () => {
    const found = readdirSync('/proc').filter(
      (pid) =>
        /^\d+$/.test(pid) &&
        textOf(`/proc/${pid}/cmdline`).startsWith('ssh\0') &&
        textOf(`/proc/${pid}/cmdline`).includes(mark),
    );
    for (const pid of found) ticks.set(pid, ticksOf(pid) ?? ticks.get(pid) ?? 0);
    processes = Math.max(processes, found.length);
    otherMegabytes = Math.max(
      otherMegabytes,
      found.reduce((sum, pid) => sum + megabytesOf(pid), 0),
    );
  };
  const timer = setInterval(look, 100);
  return () => {
    clearInterval(timer);
    // The kernel counts a hundred ticks a second.
    return {
      processes,
      otherMegabytes,
      otherCpuSeconds: [...ticks.values()].reduce((sum, one) => sum + one, 0) / 100,
    };
  };
}

function ticksOf(pid: string): number | undefined {
  const fields = textOf(`/proc/${pid}/stat`).split(') ')[1]?.split(' ');
  return fields && Number(fields[11]) + Number(fields[12]);
}

const megabytesOf = (pid: string): number =>
  Number(/^Pss:\s+(\d+) kB/m.exec(textOf(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1024;

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
