import { Command } from 'commander';
import { openRestore, type Restore, runRestore } from '../../../stories/restore.js';
import { tell } from '../../answer.js';
import { askFirst, type Question } from '../../ask/ask-first.js';
import { openSnapshot } from '../../open-snapshot.js';
import { globalOptions } from '../../options.js';
import { withRun } from '../../with-run.js';

interface RestoreOptions {
  readonly yes?: boolean;
  readonly skipHashCheck?: boolean;
  readonly skipKeyCheck?: boolean;
}

export const restoreCommand = (): Command =>
  new Command('restore')
    .description('Restore etcd from a snapshot: all control planes restart with the data that it holds.')
    .argument('<file>', 'what `podstrap etcd snapshot` saved')
    .option('-y, --yes', 'do not ask')
    .option(
      '--skip-hash-check',
      'FILE is a copy of a member’s own member/snap/db, which has no hash at its end',
    )
    .option(
      '--skip-key-check',
      'restore although the keystore lacks keys that the data may be encrypted with: what needs them is lost',
    )
    .addHelpText(
      'after',
      `
Everything that was written after the snapshot is lost, and the API is unavailable for a moment. The current data is set aside
on each host, not deleted. Every control plane must be reachable. Interrupted anywhere, the same command starts over.
Only data is restored: \`podstrap plan\` then shows what differs from the inventory. See docs/recovery.md.`,
    )
    .action(async (file: string, own: RestoreOptions, command: Command) => {
      const options = globalOptions(command);
      const restore = await withRun(
        options,
        {
          command: 'etcd restore',
          needsApi: true,
          jsonEvents: true,
          changes: true,
          vouches: true,
          whole: true,
        },
        async (session, desk) => {
          const snapshot = await openSnapshot(file, own.skipHashCheck !== true);
          const found = await openRestore(session, snapshot, { skipKeyCheck: own.skipKeyCheck === true });
          try {
            if (own.yes !== true) {
              const cluster = session.inventory.metadata.name;
              await askFirst(questionOf(found, cluster), options, desk);
            }
            await runRestore(session, found);
            return found;
          } finally {
            await found.site.close();
          }
        },
      );
      const { members, joining, snapshot } = restore;
      const result = { members: members.map(namesake), joining: joining.map(namesake) };
      tell(
        options,
        { event: 'result', snapshot: snapshot.path, ...result },
        () =>
          'Done: etcd has the data of the snapshot, and every member is healthy.\n`podstrap plan` shows what differs from the inventory, and `podstrap up` makes it so.\n',
      );
    });

const namesake = ({ name }: { readonly name: string }): string => name;

const questionOf = (restore: Restore, cluster: string): Question => ({
  doing: `Asking whether to lose everything written after ${restore.snapshot.savedAt.toISOString()}`,
  next: 'Add --yes when you are sure. Nothing was changed.',
  shown: () => describe(restore),
  question: `To restore the snapshot and lose everything newer, type the name of the cluster, ${cluster}`,
  typed: cluster,
  declined: 'Asking before restoring a snapshot',
});

const describe = ({ snapshot, members, joining }: Restore): string =>
  [
    `${snapshot.path}: ${(snapshot.size / 1e6).toFixed(1)} MB, saved ${snapshot.savedAt.toISOString()}`,
    '',
    'Everything that was written to the cluster after that is lost.',
    `All control planes stop, get this data and start again: ${members.map(namesake).join(', ')}.`,
    ...(joining.length === 0
      ? []
      : [
          `Without etcd at present, joined by the next \`podstrap up\`: ${joining.map(namesake).join(', ')}.`,
        ]),
    'The current data stays on each host, set aside.',
    '',
  ].join('\n');
