import { Command } from 'commander';
import { breakLock } from '../../apply/lock/held-lock.js';
import { openSite } from '../../survey/open-site.js';
import { answer } from '../answer.js';
import { globalOptions } from '../options.js';
import { inLine } from '../view/foreign.js';
import { withRun } from '../with-run.js';

export const unlockCommand = (): Command =>
  new Command('unlock')
    .description(
      'Take away the lock of a run that is dead. A run that is not dead can change nothing afterwards.',
    )
    .action(async (_own: object, command: Command) => {
      const options = globalOptions(command);
      const broken = await withRun(options, { command: 'unlock', jsonEvents: false }, async (session) => {
        const site = await openSite(session);
        try {
          return await Promise.all([...site.transports.values()].map(breakLock));
        } finally {
          await site.close();
        }
      });
      const held = broken.filter(({ owner }) => owner !== undefined);
      answer(options, 'UnlockedHosts', { unlocked: held }, () =>
        held.length === 0
          ? 'No host was locked.\n'
          : held
              .map(({ host, owner }) => `${host}: unlocked; it was held by ${inLine(owner ?? '')}\n`)
              .join(''),
      );
    });
