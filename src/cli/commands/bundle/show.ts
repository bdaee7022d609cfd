import { Command } from 'commander';
import { openBundle } from '../../../bundle/file/open-bundle.js';
import { readProvenance } from '../../../bundle/file/provenance.js';
import { globalOptions } from '../../options.js';
import { jsonText, print } from '../../terminal.js';
import { bundleData, bundleText } from '../../view/bundle.js';

export const showCommand = (): Command =>
  new Command('show')
    .description('List what a bundle holds, and who made it. Reads only its table of contents; see verify.')
    .argument('<bundle>', 'the bundle')
    .action(async (file: string, _own: object, command: Command) => {
      const options = globalOptions(command);
      const bundle = await openBundle(file);
      const provenance = await readProvenance(file, bundle.digest);
      print(
        options.output === 'json'
          ? `${jsonText(bundleData(bundle, provenance), 2)}\n`
          : bundleText(bundle, provenance),
      );
    });
