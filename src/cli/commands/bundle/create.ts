import { hostname, userInfo } from 'node:os';
import { Command } from 'commander';
import type { Arch } from '../../../desired/artifact.js';
import { Failure } from '../../../failure.js';
import { answer } from '../../answer.js';
import { cacheDirectoryOf } from '../../files/cache-directory.js';
import { carryPrograms, programsOf } from '../../files/carry-program.js';
import { listOption } from '../../list-option.js';
import { openInventory } from '../../open-session.js';
import { globalOptions, supportedVersion } from '../../options.js';
import { printError } from '../../terminal.js';
import { version } from '../../version.js';
import { bytes } from '../../view/texts.js';
import { work } from './work.js';

interface Own {
  readonly arch?: readonly string[];
  readonly out?: string;
  readonly kubernetesVersion?: readonly string[];
  readonly base?: string;
  readonly withPodstrap?: string | true;
}

export const createCommand = (): Command =>
  new Command('create')
    .description('Download everything that the inventory needs into one file. Contacts no host.')
    .option(
      '--arch <list>',
      'architectures of the hosts: amd64, arm64, or both with a comma. Default: amd64',
      listOption,
    )
    .option('--out <file>', 'the file to write. Default: CLUSTER-VERSIONS.tar here')
    .option(
      '--kubernetes-version <list>',
      'versions to include, separated by commas, such as the current one and the next. Default: the inventory’s',
      listOption,
    )
    .option('--base <file>', 'make a delta: leave out what this bundle holds')
    .option(
      '--with-podstrap [dir]',
      'put podstrap itself beside the bundle: the executables from a release’s folder, or this one if it is an executable',
    )
    .addHelpText(
      'after',
      `
The same inventory, versions and architectures give the same bytes. SOURCE_DATE_EPOCH sets the time of everything inside
(seconds; default 0). Who made it, when, and from what is recorded in FILE.provenance.json beside it.

Examples:
  $ podstrap bundle create -f cluster.yaml --arch amd64,arm64
  $ podstrap bundle create --kubernetes-version v1.36.3,v1.37.2 --out upgrade.tar`,
    )
    .action(async (own: Own, command: Command) => {
      const options = globalOptions(command);
      const programs =
        own.withPodstrap === undefined
          ? []
          : await programsOf(own.withPodstrap === true ? undefined : own.withPodstrap);
      const inventory = await openInventory(options, (text) => printError(`warning: ${text}\n`));
      const archs = distinct(own.arch ?? ['amd64']).map(archOf);
      const versions = distinct(own.kubernetesVersion ?? [inventory.spec.kubernetesVersion]).map(
        supportedVersion,
      );
      const suffix = own.base === undefined ? '' : '-delta';
      const out = own.out ?? `${inventory.metadata.name}-${versions.join('-')}${suffix}.tar`;
      // Only now: no other command needs the libraries behind it.
      const { createBundle } = await import('../../../stories/create-bundle.js');
      const made = await work((progress, signal) =>
        createBundle({
          inventory,
          archs,
          versions,
          out,
          base: own.base,
          created: sourceDate(process.env['SOURCE_DATE_EPOCH']),
          cacheDirectory: cacheDirectoryOf(inventory),
          onProgress: ({ artifact, received, total }) => progress.tell(`Fetch ${artifact}`, received, total),
          onBytes: (written, total) => progress.tell('Write', written, total),
          signal,
          operator: `${userInfo().username}@${hostname()}`,
          podstrap: version(),
          now: () => new Date(),
        }),
      );
      const carried = programs.length === 0 ? [] : await carryPrograms(programs, out);
      answer(
        options,
        'BundleFile',
        { ...made, ...(carried.length === 0 ? {} : { podstrap: carried }) },
        () =>
          `Wrote ${made.out}: ${made.artifacts} artifacts, ${bytes(made.size)}, ${made.digest}\nand ${[made.provenance, ...carried].join(', ')}.\n\n  podstrap bundle sign --key KEY ${made.out}\n  podstrap bundle verify ${made.out}\n`,
      );
    });

const distinct = (words: readonly string[]): readonly string[] => [...new Set(words)];

const unfit = (said: string, next: string): Failure =>
  new Failure({ kind: 'usage', doing: 'Reading the command line', said, next });

function archOf(name: string): Arch {
  if (name === 'amd64' || name === 'arm64') return name;
  throw unfit(
    `${name} is not an architecture that podstrap knows`,
    'Use --arch amd64, arm64, or amd64,arm64.',
  );
}

/** Seconds since 1970 (https://reproducible-builds.org/specs/source-date-epoch/). */
function sourceDate(text: string | undefined): number {
  if (text === undefined || text === '') return 0;
  // More than eleven octal digits do not fit into a tar's header.
  if (/^\d{1,10}$/.test(text) && Number(text) < 8 ** 11) return Number(text);
  throw unfit(`SOURCE_DATE_EPOCH is ${text}`, 'Set it to a number of seconds since 1970, or unset it.');
}
