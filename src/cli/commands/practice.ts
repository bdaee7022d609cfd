import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { Failure } from '../../failure.js';
import { thisProcess } from '../../operator/process-identity.js';
import { answer } from '../answer.js';
import { endSignals } from '../end-signals.js';
import {
  isRunning,
  type PracticeRecord,
  practiceBase,
  practiceFolder,
  practiceLog,
  practiceRecords,
  readRecord,
  removePractice,
  saveRecord,
  stopPractice,
} from '../files/practice-sites.js';
import { type GlobalOptions, globalOptions } from '../options.js';
import { spawnOwn } from '../own-program.js';
import { print } from '../terminal.js';

/** The release that the lab proves most, and one to upgrade to. */
const versions = { first: 'v1.36.3', next: 'v1.37.2' };

interface StartOptions {
  readonly controlPlanes: number;
  readonly workers: number;
  readonly foreground?: boolean;
}

export const practiceCommand = (): Command =>
  new Command('practice')
    .description('Practice hosts that keep running, to try every command by hand.')
    .addCommand(startCommand())
    .addCommand(listCommand())
    .addCommand(stopCommand());

const startCommand = (): Command =>
  new Command('start')
    .description(
      'Start practice hosts and write the inventory that names them. They run until they are stopped.',
    )
    .argument('[name]', 'a name for them', nameArgument, 'practice')
    .addOption(
      new Option('--control-planes <number>', 'how many control planes').argParser(count(1)).default(3, '3'),
    )
    .addOption(new Option('--workers <number>', 'how many workers').argParser(count(0)).default(0, '0'))
    .option('--foreground', 'stay in this terminal, until Ctrl-C')
    .addHelpText(
      'after',
      `
They are on loopback, need no root, and run no pods of yours: \`check\` says what it cannot ask there.
The inventory is for ${versions.first}; ${versions.next} is there to upgrade to.`,
    )
    .action((name: string, own: StartOptions, command: Command) =>
      own.foreground === true
        ? serve(name, own, globalOptions(command))
        : start(name, own, globalOptions(command)),
    );

const listCommand = (): Command =>
  new Command('list')
    .description('List the practice hosts that were started and not stopped.')
    .action(async (_own: object, command: Command) => {
      const items = (await practiceRecords()).map(shown);
      answer(globalOptions(command), 'PracticeHostsList', { items }, () =>
        items.length === 0
          ? 'There are no practice hosts. Start some: podstrap practice start\n'
          : items
              .map(
                ({ name, state, hosts, inventory }) =>
                  `${name}  ${state}  ${hosts.join(', ')}\n  ${inventory}\n`,
              )
              .join(''),
      );
    });

const stopCommand = (): Command =>
  new Command('stop')
    .description('Stop practice hosts and delete their files, including the inventory and its keys.')
    .argument('[name]', 'their name; may be left out where there is only one', nameArgument)
    .option('--all', 'all of them')
    .action(async (name: string | undefined, own: { all?: boolean }, command: Command) => {
      const all = await practiceRecords();
      const chosen =
        own.all === true ? all : name === undefined ? onlyOne(all) : all.filter((one) => one.name === name);
      if (name !== undefined && chosen.length === 0) throw unknownName(name, all);
      for (const record of chosen) await stopPractice(record);
      const stopped = chosen.map((one) => one.name);
      answer(globalOptions(command), 'StoppedPracticeHosts', { stopped }, () =>
        stopped.length === 0
          ? 'There are no practice hosts.\n'
          : `Stopped and deleted: ${stopped.join(', ')}\n`,
      );
    });

function onlyOne(all: readonly PracticeRecord[]): readonly PracticeRecord[] {
  if (all.length <= 1) return all;
  throw new Failure({
    kind: 'usage',
    doing: 'Choosing practice hosts to stop',
    said: `there are several: ${all.map(({ name }) => name).join(', ')}`,
    next: 'podstrap practice stop NAME, or podstrap practice stop --all',
  });
}

const unknownName = (name: string, all: readonly PracticeRecord[]): Failure =>
  new Failure({
    kind: 'usage',
    doing: 'Choosing practice hosts to stop',
    said: `there are none called ${name}`,
    next: all.length === 0 ? 'There are none at all.' : `There are ${all.map((one) => one.name).join(', ')}.`,
  });

const shown = (record: PracticeRecord) => {
  const { name, inventory, hosts, started } = record;
  return {
    name,
    state: isRunning(record) ? ('running' as const) : ('ended' as const),
    inventory,
    hosts,
    started,
  };
};

/** Starts them in a process of their own, and comes back when they are there. */
async function start(name: string, own: StartOptions, options: GlobalOptions): Promise<void> {
  await practiceBase();
  await refuseTwice(name);
  const log = openSync(practiceLog(name), 'w', 0o600);
  const counts = ['--control-planes', own.controlPlanes, '--workers', own.workers].map(String);
  const child = spawnOwn(['practice', 'start', name, '--foreground', ...counts], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  const end = () => child.kill();
  for (const signal of endSignals) process.on(signal, end);
  const isThere = await Promise.race([
    once(child, 'message').then(() => true),
    once(child, 'close').then(() => false),
  ]);
  for (const signal of endSignals) process.off(signal, end);
  const record = await readRecord(name);
  if (!isThere || record === undefined)
    throw new Failure({
      kind: 'preflight',
      doing: 'Starting practice hosts',
      said: (await readFile(practiceLog(name), 'utf8').catch(() => '')).trim() || 'their process has ended',
      next: 'podstrap practice start --foreground',
    });
  child.disconnect();
  child.unref();
  answer(options, 'PracticeHosts', shown(record), () => guide(record));
}

/** Keeps them until it is told to stop. */
async function serve(
  name: string,
  { controlPlanes, workers }: StartOptions,
  options: GlobalOptions,
): Promise<void> {
  const stopping = new Promise<void>((resolve) => {
    for (const signal of endSignals) process.on(signal, () => resolve());
  });
  await practiceBase();
  await refuseTwice(name);
  const folder = practiceFolder(name);
  await mkdir(folder, { mode: 0o711 }).catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'EEXIST' ? taken(name, 'they are already being started') : cause;
  });
  const record: PracticeRecord = {
    name,
    process: thisProcess(),
    inventory: join(folder, 'cluster.yaml'),
    hosts: practiceNames(controlPlanes, workers),
    started: new Date().toISOString(),
  };
  try {
    await chmod(folder, 0o711);
    // First of all, so that what is cut off here can be stopped like any other.
    await saveRecord(folder, record);
    // Only here, so that no other command waits until the practice hosts are loaded.
    const { startPracticeCluster } = await import('../../practice/practice-cluster.js');
    const cluster = await startPracticeCluster({
      directory: folder,
      controlPlanes,
      workers,
      kubernetesVersion: versions.first,
      alsoServe: [{ kubernetesVersion: versions.next }],
      spec: { encryptionAlgorithm: 'ECDSA-P256', timeouts: { watchAfterChange: '1s' } },
    });
    if (process.send !== undefined) process.send('there');
    else {
      answer(options, 'PracticeHosts', shown(record), () => guide(record));
      if (options.output === 'text') print('Ctrl-C stops them.\n');
    }
    await stopping;
    await cluster.close();
  } finally {
    await removePractice(name);
  }
}

async function refuseTwice(name: string): Promise<void> {
  const before = await readRecord(name);
  if (before === undefined) return;
  throw taken(
    name,
    isRunning(before) ? `they are running: ${before.inventory}` : 'an earlier start left files behind',
  );
}

const taken = (name: string, said: string): Failure =>
  new Failure({
    kind: 'usage',
    doing: `Starting the practice hosts ${name}`,
    said,
    next: `podstrap practice stop ${name}; or give others another name: podstrap practice start OTHER`,
  });

/** As they are called in the inventory. */
const practiceNames = (controlPlanes: number, workers: number): string[] => [
  ...Array.from({ length: controlPlanes }, (_, index) => `cp-${index + 1}`),
  ...Array.from({ length: workers }, (_, index) => `w-${index + 1}`),
];

const guide = ({
  name,
  inventory,
  hosts,
}: PracticeRecord): string => `Practice hosts are running: ${hosts.join(', ')}.
Each is a folder on this machine, with an SSH server on loopback.

  cd ${inventory.slice(0, inventory.lastIndexOf('/'))}
  podstrap plan
  podstrap up
  podstrap status
  podstrap history
  podstrap rollback

When you are done: podstrap practice stop ${name}
`;

function nameArgument(text: string): string {
  if (/^[a-z0-9](?:[-a-z0-9]{0,30}[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError('a name is lower case letters, digits and dashes');
}

const count =
  (least: number) =>
  (text: string): number => {
    const number = Number(text);
    if (Number.isInteger(number) && number >= least && number <= 50) return number;
    throw new InvalidArgumentError(`a whole number from ${least} to 50`);
  };
