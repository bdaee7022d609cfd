import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { readInventory } from '../../inventory/reading/read-inventory.js';
import { release, supportedMinors } from '../../kubernetes/versions.js';
import { answer } from '../answer.js';
import { globalOptions } from '../options.js';
import { version } from '../version.js';

export const versionCommand = (): Command =>
  new Command('version')
    .description(
      'Show the versions of podstrap, of Kubernetes that it supports, and of the inventory’s cluster.',
    )
    .action(async (_: object, command: Command) => {
      const options = globalOptions(command);
      const { file } = options;
      // Whoever asks for a version need not stand beside an inventory.
      const inventory = existsSync(file)
        ? (await readInventory(file, { environment: process.env })).inventory
        : undefined;
      const supported = supportedMinors.map((minor) => `v1.${minor}`);
      const cluster =
        inventory === undefined
          ? undefined
          : { name: inventory.metadata.name, ...releaseOf(inventory.spec.kubernetesVersion) };
      const told = { podstrap: version(), node: process.versions.node, kubernetes: { supported } };
      const lines = [
        `podstrap    ${told.podstrap} (Node.js ${told.node})`,
        `Kubernetes  ${supported.join(', ')}`,
        ...(cluster === undefined
          ? []
          : [
              `${file}: cluster ${cluster.name}, Kubernetes ${cluster.kubernetesVersion}, etcd ${cluster.etcd}, CoreDNS ${cluster.coredns}, containerd ${cluster.containerd}, runc ${cluster.runc}`,
            ]),
      ];
      answer(options, 'Versions', { ...told, ...(cluster === undefined ? {} : { cluster }) }, () =>
        lines.map((line) => `${line}\n`).join(''),
      );
    });

function releaseOf(kubernetesVersion: string) {
  const { tags, containerd, runc } = release(kubernetesVersion);
  return { kubernetesVersion, etcd: tags.etcd, coredns: tags.coredns, containerd, runc };
}
