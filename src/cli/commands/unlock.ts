import { Command } from 'commander';
import { breakLock } from '../../apply/held-lock.js';
import { openSite } from '../../open-site.js';
import { globalOptions } from '../options.js';
import { jsonText, print } from '../terminal.js';
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
      if (options.output === 'json') print(`${jsonText({ unlocked: held })}\n`);
      else if (held.length === 0) print('No host was locked.\n');
      else
        for (const { host, owner } of held)
          print(`${host}: unlocked; it was held by ${inLine(owner ?? '')}\n`);
    });
