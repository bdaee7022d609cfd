import { Command } from 'commander';
import { openBundle } from '../../../bundle/file/open-bundle.js';
import { readProvenance } from '../../../bundle/file/provenance.js';
import { answer } from '../../answer.js';
import { globalOptions } from '../../options.js';
import { widthOf } from '../../terminal.js';
import { bundleData, bundleText } from '../../view/bundle.js';

export const showCommand = (): Command =>
  new Command('show')
    .description(
      'List what a bundle contains and who created it. Reads only its table of contents; see verify.',
    )
    .argument('<bundle>', 'the bundle')
    .action(async (file: string, _own: object, command: Command) => {
      const options = globalOptions(command);
      const bundle = await openBundle(file);
      const provenance = await readProvenance(file, bundle.digest);
      answer(options, 'Bundle', bundleData(bundle, provenance), () =>
        bundleText(bundle, provenance, widthOf(process.stdout)),
      );
    });
