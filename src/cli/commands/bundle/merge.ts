import { Command } from 'commander';
import { openBundle } from '../../../bundle/file/open-bundle.js';
import { answer } from '../../answer.js';
import { globalOptions } from '../../options.js';
import { bytes } from '../../view/texts.js';
import { work } from './work.js';

export const mergeCommand = (): Command =>
  new Command('merge')
    .description('Merge two bundles, or a bundle and its delta. Where they differ, the second one wins.')
    .argument('<old>', 'the first bundle')
    .argument('<new>', 'the second bundle, or a delta of the first')
    .requiredOption('--out <file>', 'the file to write')
    .action(async (one: string, other: string, own: { out: string }, command: Command) => {
      const options = globalOptions(command);
      const [before, after] = await Promise.all([openBundle(one), openBundle(other)]);
      const { mergeBundles } = await import('../../../bundle/file/merge-bundles.js');
      const made = await work((progress, signal) =>
        mergeBundles(before, after, {
          out: own.out,
          signal,
          onBytes: (written, total) => progress.tell('Write', written, total),
        }),
      );
      answer(
        options,
        'BundleFile',
        { out: own.out, ...made },
        () => `Wrote ${own.out}: ${bytes(made.size)}, ${made.digest}. It has to be signed again.\n`,
      );
    });
