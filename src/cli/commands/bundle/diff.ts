import { Command } from 'commander';
import { diffBundles } from '../../../bundle/file/diff-bundles.js';
import { openBundle } from '../../../bundle/file/open-bundle.js';
import { answer } from '../../answer.js';
import { globalOptions } from '../../options.js';
import { widthOf } from '../../terminal.js';
import { bundleDiffText } from '../../view/bundle-diff.js';

export const diffCommand = (): Command =>
  new Command('diff')
    .description('Show what one bundle contains and the other does not.')
    .argument('<old>', 'the first bundle')
    .argument('<new>', 'the second bundle')
    .action(async (one: string, other: string, _own: object, command: Command) => {
      const options = globalOptions(command);
      const [before, after] = await Promise.all([openBundle(one), openBundle(other)]);
      const diff = diffBundles(before.list, after.list);
      answer(options, 'BundleDiff', diff, () => bundleDiffText(diff, widthOf(process.stdout)));
    });
