import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import { status } from '../../stories/status.js';
import { asDocument } from '../answer.js';
import type { ArtifactSourceOptions } from '../artifact-source.js';
import { exitCodes } from '../exit-codes.js';
import { dressOf, globalOptions } from '../options.js';
import { clearScreen, jsonText, print } from '../terminal.js';
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
            const text =
              options.output === 'json'
                ? jsonText(asDocument('Status', seen), own.watch === true ? 0 : 2)
                : statusText(seen, dressOf(options, process.stdout));
            if (own.watch === true && options.output === 'text') clearScreen();
            print(`${text}
`);
            process.exitCode = seen.healthy ? exitCodes.success : exitCodes.failure;
            if (own.watch !== true || session.stop.aborted) return;
            await delay(interval, undefined, { signal: session.stop }).catch(() => undefined);
            if (session.stop.aborted) return;
          }
        },
      );
    });
