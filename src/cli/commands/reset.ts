import { Command } from 'commander';
import { Failure } from '../../failure.js';
import { lookForReset, planReset, type Reset, runReset } from '../../stories/reset.js';
import { tell } from '../answer.js';
import type { ArtifactSourceOptions } from '../artifact-source.js';
import { askFirst, type Question } from '../ask/ask-first.js';
import { globalOptions } from '../options.js';
import { inLine } from '../view/foreign.js';
import { withRun } from '../with-run.js';

interface ResetOptions extends ArtifactSourceOptions {
  readonly all?: boolean;
  readonly yes?: boolean;
}

export const resetCommand = (): Command =>
  new Command('reset')
    .description(
      'Restore hosts to what they were before podstrap: remove what it put on them, and nothing else.',
    )
    .argument('[hosts...]', 'names of hosts in the inventory')
    .option('--all', 'every host of the inventory: deletes the cluster and its data')
    .option('-y, --yes', 'do not ask')
    .option('--bundle <file>', 'what the hosts got came from this bundle; nothing is downloaded')
    .addHelpText(
      'after',
      `
On a live cluster the host’s etcd member and Node are removed first; what would cost etcd its quorum is refused.
A host that cannot be reached is removed from the cluster all the same; run the reset again when it is back.
The keystore on this machine stays as it is.`,
    )
    .action(async (hosts: string[], own: ResetOptions, command: Command) => {
      const options = globalOptions(command);
      if ((hosts.length === 0) === (own.all !== true))
        throw new Failure({
          kind: 'usage',
          doing: 'Choosing the hosts to reset',
          said: own.all === true ? 'both --all and names of hosts were given' : 'no host was named',
          next: 'podstrap reset HOST…, or podstrap reset --all',
        });
      const done = await withRun(
        options,
        { command: 'reset', jsonEvents: true, supply: own, whole: true },
        async (session, desk) => {
          const looked = await lookForReset(session);
          try {
            const chosen = own.all === true ? session.inventory.spec.hosts.map(({ name }) => name) : hosts;
            const reset = planReset(session, looked, chosen);
            if (own.yes !== true)
              await askFirst(questionOf(reset, session.inventory.metadata.name), options, desk);
            await runReset(session, looked.site, reset);
            return reset;
          } finally {
            await looked.site.close();
          }
        },
      );
      const skipped = [...done.unreachable.keys()];
      tell(
        options,
        { event: 'result', reset: done.hosts.filter((host) => !skipped.includes(host)), skipped },
        () => 'Done. `podstrap plan` shows what `up` would make again.\n',
      );
    });

const questionOf = (reset: Reset, cluster: string): Question => ({
  doing: `Asking whether to reset ${reset.hosts.join(', ')}`,
  next: 'Add --yes when you are sure.',
  shown: () => describeReset(reset),
  ...(reset.endsCluster
    ? {
        question: `To ${reset.hasApi ? 'delete the cluster and all its data' : 'put back every host of the fleet'}, type its name, ${cluster}`,
        typed: cluster,
      }
    : { question: `Delete all this on ${reset.hosts.join(', ')}?` }),
  declined: 'Asking before a reset',
});

export function describeReset({ hosts, plans, members, unreachable, endsCluster, hasApi }: Reset): string {
  const end = hasApi
    ? 'No control plane is left after this: the cluster and all its data are gone.'
    : 'No host of the fleet is left after this.';
  const lines = endsCluster ? [end, ''] : [];
  for (const host of hosts) {
    const plan = plans.get(host);
    lines.push(host);
    if (members.has(host))
      lines.push(`  leave etcd (member ${inLine(members.get(host)!)}) and the list of nodes`);
    else if (!endsCluster && hasApi) lines.push('  leave the list of nodes');
    if (unreachable.has(host)) lines.push('  not reachable: nothing can be deleted on it now', '');
    if (plan === undefined) continue;
    lines.push(`  stop and disable ${plan.units.join(', ')}`);
    lines.push(`  stop its pods and remove their network`);
    lines.push(
      `  empty, except for what was there before podstrap and for mounted volumes: ${plan.trees.join(', ')}`,
    );
    if (hasApi) lines.push(`  delete etcd’s data in ${plan.etcdDataDir}`);
    lines.push(`  delete ${plan.files.length} files and ${plan.images.length} images of podstrap’s`, '');
  }
  return lines.join('\n');
}
