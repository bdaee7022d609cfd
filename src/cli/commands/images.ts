import { Command, Option } from 'commander';
import { type WantedArtifact, wantedArtifacts } from '../../bundle/catalog.js';
import { readInventory } from '../../inventory/reading/read-inventory.js';
import { answer } from '../answer.js';
import { runListCommand } from '../files/run-list-command.js';
import { globalOptions, supportedVersion } from '../options.js';

export const imagesCommand = (): Command =>
  new Command('images')
    .description('List the images that the inventory’s cluster needs, one per line. Contacts no host.')
    .option('--kubernetes-version <version>', 'for this version. Default: the inventory’s')
    .option('--binaries', 'also list the addresses of the binaries')
    .addOption(new Option('--arch <arch>', 'of the binaries').choices(['amd64', 'arm64']).default('amd64'))
    .addHelpText(
      'after',
      `
For a registry of your own:
  $ podstrap images | while read -r image; do skopeo copy --all "docker://$image" "docker://registry.example.com/$\{image#*/}"; done`,
    )
    .action(
      async (
        own: { kubernetesVersion?: string; binaries?: boolean; arch: 'amd64' | 'arm64' },
        command: Command,
      ) => {
        const options = globalOptions(command);
        const { inventory } = await readInventory(options.file, {
          environment: process.env,
          run: runListCommand,
        });
        const kubernetesVersion = supportedVersion(own.kubernetesVersion ?? inventory.spec.kubernetesVersion);
        const wanted = wantedArtifacts({ ...inventory, spec: { ...inventory.spec, kubernetesVersion } }, [
          own.arch,
        ]);
        const images = wanted.flatMap((one) => (one.kind === 'image' ? [one.ref] : []));
        const binaries = wanted.flatMap(binaryOf);
        answer(options, 'ImageList', { kubernetesVersion, arch: own.arch, images, binaries }, () =>
          [...images, ...(own.binaries === true ? binaries.map(({ url }) => url) : [])]
            .map((line) => `${line}\n`)
            .join(''),
        );
      },
    );

const binaryOf = (one: WantedArtifact) =>
  one.kind === 'file' || one.kind === 'archive'
    ? [{ name: one.name, version: one.version, url: one.url }]
    : [];
