import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
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
    .option('-w, --watch', 'look again every two seconds until Ctrl-C')
    .addHelpText('after', '\nExit code 1 when something is not healthy.')
    .action(async (own: ArtifactSourceOptions & { watch?: boolean }, command: Command) => {
      const options = globalOptions(command);
      await withRun(
        { ...options, verbose: false },
        { command: 'status', jsonEvents: false, supply: own },
        async (session, { pause }) => {
          const quiet = { ...session, emit: () => undefined };
          for (;;) {
            const seen = await status(quiet).catch((error: unknown) => {
              if (own.watch === true && session.stop.aborted) return undefined;
              throw error;
            });
            if (seen === undefined) return;
            await pause();
            show(seen, options, own.watch === true);
            process.exitCode = seen.healthy ? exitCodes.success : exitCodes.failure;
            if (own.watch !== true || session.stop.aborted) return;
            await delay(interval, undefined, { signal: session.stop }).catch(() => undefined);
            if (session.stop.aborted) return;
          }
        },
      );
    });

function show(seen: Status, options: GlobalOptions, watches: boolean): void {
  if (options.output === 'json') {
    printData(`${jsonText(asDocument('Status', seen), watches ? 0 : 2)}\n`);
    return;
  }
  const lines = statusText(seen, dressOf(options, process.stdout), widthOf(process.stdout)).split('\n');
  const { columns = 0, rows = 0 } = process.stdout;
  const draws = watches && canDraw(process.stdout);
  if (draws) clearScreen();
  print(`${(draws ? oneScreen(lines, columns, rows) : lines).join('\n')}\n`);
}
