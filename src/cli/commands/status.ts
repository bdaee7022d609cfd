import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import { Failure } from '../../failure.js';
import { didYouMean } from '../../inventory/did-you-mean.js';
import { hasApi, type Inventory } from '../../inventory/inventory.js';
import type { Grouping } from '../../stories/pod-matrix.js';
import { type Status, status } from '../../stories/status.js';
import { asDocument } from '../answer.js';
import type { ArtifactSourceOptions } from '../artifact-source.js';
import { exitCodes } from '../exit-codes.js';
import { dressOf, type GlobalOptions, globalOptions } from '../options.js';
import { canDraw, clearScreen, jsonText, print, printData, widthOf } from '../terminal.js';
import { oneScreen } from '../view/one-screen.js';
import { statusText } from '../view/status.js';
import { withRun } from '../with-run.js';

/** Milliseconds between two looks of --watch. */
const interval = 2_000;

export const statusCommand = (): Command =>
  new Command('status')
    .description('Show hosts, static pods, etcd members, certificates, and what differs from the inventory.')
    .option('--bundle <file>', 'compare with what is in this bundle; nothing is downloaded')
    .option('--by <label>', 'count pods by the value of this label of their hosts; `host`: for each host')
    .option('-w, --watch', 'look again every two seconds until Ctrl-C')
    .addHelpText(
      'after',
      '\nExit code 1 when something is not healthy.\n\nExample:\n  $ podstrap status --by ring',
    )
    .action(async (own: ArtifactSourceOptions & { watch?: boolean; by?: string }, command: Command) => {
      const options = globalOptions(command);
      await withRun(
        { ...options, verbose: false },
        { command: 'status', jsonEvents: false, supply: own },
        async (session, { pause }) => {
          const quiet = { ...session, emit: () => undefined };
          const grouping = groupingOf(session.inventory, own.by);
          for (;;) {
            const seen = await status(quiet, grouping).catch((error: unknown) => {
              if (own.watch === true && session.stop.aborted) return undefined;
              throw error;
            });
            if (seen === undefined) return;
            await pause();
            show(seen, options, own.watch === true, grouping);
            process.exitCode = seen.healthy ? exitCodes.success : exitCodes.failure;
            if (own.watch !== true || session.stop.aborted) return;
            await delay(interval, undefined, { signal: session.stop }).catch(() => undefined);
            if (session.stop.aborted) return;
          }
        },
      );
    });

/** A fleet is shown as a matrix: of hundreds of hosts, nobody wants to read what all have. @throws Failure `usage` for a label that no host has */
function groupingOf(inventory: Inventory, by: string | undefined): Grouping | undefined {
  if (by === undefined) return hasApi(inventory) ? undefined : { by: 'host' };
  if (by === 'host') return { by };
  if (inventory.spec.hosts.some(({ labels = {} }) => Object.hasOwn(labels, by)))
    return { by: 'label', key: by };
  const known = [...new Set(inventory.spec.hosts.flatMap(({ labels = {} }) => Object.keys(labels)))];
  throw new Failure({
    kind: 'usage',
    doing: `Grouping hosts by ${by}`,
    said: `no host has a label ${by}${hintOf(by, known)}`,
    next: `Give \`host\`, or a label of hosts${known.length === 0 ? '' : `: ${known.sort().join(', ')}`}.`,
  });
}

function hintOf(by: string, known: readonly string[]): string {
  const hint = didYouMean(by, known);
  return hint === undefined ? '' : `; ${hint}`;
}

function show(seen: Status, options: GlobalOptions, watches: boolean, grouping: Grouping | undefined): void {
  if (options.output === 'json') {
    printData(`${jsonText(asDocument('Status', seen), watches ? 0 : 2)}\n`);
    return;
  }
  const lines = statusText(seen, dressOf(options, process.stdout), widthOf(process.stdout), grouping).split(
    '\n',
  );
  const { columns = 0, rows = 0 } = process.stdout;
  const draws = watches && canDraw(process.stdout);
  if (draws) clearScreen();
  print(`${(draws ? oneScreen(lines, columns, rows) : lines).join('\n')}\n`);
}
