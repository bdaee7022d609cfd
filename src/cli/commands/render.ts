import { Command } from 'commander';
import { desired } from '../../desired/desired.js';
import { podNetworks } from '../../desired/node/pod-networks.js';
import { type Settled, settledAtBirth } from '../../desired/settled.js';
import { render } from '../../stories/render.js';
import { ringAtBirth, wantsEncryption } from '../../survey/settle-ring.js';
import { answer } from '../answer.js';
import { globalOptions } from '../options.js';
import { withRun } from '../with-run.js';

/** What a cluster was made with; one that is yet to be made has those of now. */
const defaultsOf = (defaults: Settled['defaults']): Pick<Settled, 'defaults'> =>
  defaults === undefined ? {} : { defaults };

export const renderCommand = (): Command =>
  new Command('render')
    .description('Write every file that every host would get to a folder, without contacting any host.')
    .requiredOption(
      '--out <dir>',
      'folder to write to; files of an earlier render that are no longer made are removed',
    )
    .option('--with-secrets', 'include private keys and kubeconfigs')
    .action(async (own: { out: string; withSecrets?: boolean }, command: Command) => {
      const options = globalOptions(command);
      const written = await withRun(options, { command: 'render', jsonEvents: false }, async (session) => {
        const { inventory, keys } = session;
        const record = await session.record.load();
        const born = settledAtBirth(inventory, keys.clusterId);
        const { defaults, ...rest } = born;
        const settled = {
          ...rest,
          ...defaultsOf(record === undefined ? defaults : record.defaults),
          endpoint: record?.endpoint ?? born.endpoint,
          etcd: { ...born.etcd, ...record?.etcd },
          pods: podNetworks({ inventory, before: record?.pods ?? {} }),
        };
        const encryption =
          session.ring.load() ??
          (wantsEncryption(inventory, settled) ? await ringAtBirth(session) : undefined);
        const wanted = desired({ inventory, keys, artifacts: [], settled, encryption, traits: {} });
        return render(wanted, own.out, own.withSecrets === true, session.inventory.hidden);
      });
      answer(
        options,
        'RenderedFiles',
        { out: own.out, files: written },
        () =>
          `Wrote ${written.length} files below ${own.out}${own.withSecrets === true ? '' : ', without private keys'}.\n`,
      );
    });
