import { Command } from 'commander';
import { takeSnapshot } from '../../../apply/etcd/take-snapshot.js';
import { openSite } from '../../../survey/open-site.js';
import { answer } from '../../answer.js';
import { requireSnapshotPlace, snapshotFile } from '../../files/snapshot-files.js';
import { globalOptions } from '../../options.js';
import { inLine } from '../../view/foreign.js';
import { withRun } from '../../with-run.js';
import { restoreCommand } from './etcd-restore.js';

export const etcdCommand = (): Command =>
  new Command('etcd')
    .description('Save etcd’s data, and restore it.')
    .addCommand(snapshotCommand())
    .addCommand(restoreCommand());

const snapshotCommand = (): Command =>
  new Command('snapshot')
    .description('Save etcd’s data on this machine, checked by its own hash. Changes nothing on any host.')
    .option(
      '--out <file>',
      'file to write. Default: a new one in .podstrap/NAME/snapshots/, which keeps the last five',
    )
    .addHelpText(
      'after',
      `
A snapshot holds every Secret of the cluster. It is written with mode 0600; keep it where your other secrets are.
\`up\` saves one by itself before it changes versions. \`podstrap etcd restore\` restores one.`,
    )
    .action(async (own: { out?: string }, command: Command) => {
      const options = globalOptions(command);
      if (own.out !== undefined) await requireSnapshotPlace(own.out);
      const saved = await withRun(
        options,
        { command: 'etcd snapshot', needsApi: true, jsonEvents: false, whole: true },
        async (session) => {
          const site = await openSite(session);
          try {
            const store = own.out === undefined ? session.snapshots : snapshotFile(own.out);
            return await takeSnapshot(session, site.transports, store);
          } finally {
            await site.close();
          }
        },
      );
      answer(
        options,
        'Snapshot',
        saved,
        () =>
          `Saved ${(saved.size / 1e6).toFixed(1)} MB of etcd ${inLine(saved.version)}, from ${saved.host}:\n\n  ${saved.path}\n`,
      );
    });
