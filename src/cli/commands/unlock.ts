import { Command } from 'commander';
import { breakLocks } from '../../apply/lock/held-lock.js';
import { openSite } from '../../survey/open-site.js';
import { answer } from '../answer.js';
import { globalOptions } from '../options.js';
import { inLine } from '../view/foreign.js';
import { withRun } from '../with-run.js';

export const unlockCommand = (): Command =>
  new Command('unlock')
    .description(
      'Remove the lock of a run that is dead. If it is alive after all, it can no longer change anything.',
    )
    .option('--force', 'also of a run that seems to be alive: its last heartbeat is less than 90 seconds old')
    .action(async (own: { force?: boolean }, command: Command) => {
      const options = globalOptions(command);
      const broken = await withRun(
        options,
        { command: 'unlock', jsonEvents: false, whole: true },
        async (session) => {
          const site = await openSite(session);
          try {
            return await breakLocks([...site.transports.values()], own.force === true);
          } finally {
            await site.close();
          }
        },
      );
      const held = broken.filter(({ owner }) => owner !== undefined);
      answer(options, 'UnlockedHosts', { unlocked: held }, () =>
        held.length === 0
          ? 'No host was locked.\n'
          : held
              .map(({ host, owner }) => `${host}: unlocked; it was held by ${inLine(owner ?? '')}\n`)
              .join(''),
      );
    });
