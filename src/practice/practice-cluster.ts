import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { readInventory } from '../inventory/reading/read-inventory.js';
import { type PracticeSite, type PracticeSiteOptions, startPracticeSite } from './practice-site.js';
import {
  inventoryMirrors,
  practiceContent,
  startUpstream,
  together,
  type Upstream,
} from './upstream/upstream.js';

/** Practice hosts, a place to fetch from, and the inventory that names them. */
export interface PracticeCluster {
  readonly site: PracticeSite;
  /** Path of the inventory. */
  readonly file: string;
  /** Where artifacts come from, with faults on request. */
  readonly upstream: Upstream;
  close(): Promise<void>;
}

export interface PracticeClusterOptions {
  /** An empty directory, or one that does not exist yet. */
  readonly directory: string;
  readonly controlPlanes: number;
  readonly workers?: number;
  /** Hosts of a fleet, in place of a cluster. */
  readonly standalone?: number;
  readonly kubernetesVersion: string;
  /** What to serve beside it: other `spec`s that the inventory may come to have, such as the next version. */
  readonly alsoServe?: readonly Readonly<Record<string, unknown>>[];
  /** More fields of the inventory's `spec`. */
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly pace?: PracticeSiteOptions['pace'];
  readonly commandsAtOnce?: PracticeSiteOptions['commandsAtOnce'];
}

/** Starts practice hosts with everything that `podstrap up` needs to make a cluster of them, on loopback only. */
export async function startPracticeCluster(options: PracticeClusterOptions): Promise<PracticeCluster> {
  const { directory, controlPlanes, workers = 0, standalone = 0, pace, commandsAtOnce } = options;
  const names = [
    ...numbered('cp', controlPlanes),
    ...numbered('w', workers),
    ...numbered('shop', standalone),
  ];
  await mkdir(directory, { recursive: true });
  const site = await startPracticeSite({
    directory: join(directory, 'hosts'),
    hosts: names.map((name) => ({ name })),
    ...(pace ? { pace } : {}),
    ...(commandsAtOnce ? { commandsAtOnce } : {}),
  });
  const file = join(directory, 'cluster.yaml');
  // What is served depends on the versions that the inventory asks for, so it is written twice: first without mirrors.
  await writeFile(file, inventoryText(options, site, {}));
  const { inventory } = await readInventory(file, { environment: {} });
  const contents = [await practiceContent(inventory)];
  for (const spec of options.alsoServe ?? []) {
    await writeFile(file, inventoryText(options, site, spec));
    contents.push(await practiceContent((await readInventory(file, { environment: {} })).inventory));
  }
  const upstream = await startUpstream(together(contents));
  const artifacts = { ...inventoryMirrors(upstream.url), cacheDirectory: join(directory, 'cache') };
  await writeFile(file, inventoryText(options, site, { artifacts }));
  return {
    site,
    file,
    upstream,
    close: async () => {
      await upstream.close();
      await site.close();
    },
  };
}

const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`);

function inventoryText(
  { kubernetesVersion, spec, standalone = 0 }: PracticeClusterOptions,
  site: PracticeSite,
  more: Readonly<Record<string, unknown>>,
): string {
  return dump({
    apiVersion: 'podstrap.io/v1alpha1',
    kind: standalone > 0 ? 'Fleet' : 'Cluster',
    metadata: { name: 'practice' },
    spec: {
      kubernetesVersion,
      ssh: { user: 'root', identityFile: site.identityFile, identitiesOnly: true, configFile: 'none' },
      ...(standalone > 0 ? {} : { controlPlaneEndpoint: 'api.practice.example:6443' }),
      hosts: site.hosts.map(({ name, address, port, advertiseAddress, hostKey }) => ({
        name,
        address,
        advertiseAddress,
        hostKey,
        ssh: { port },
        ...(standalone > 0 ? {} : { roles: [name.startsWith('cp') ? 'control-plane' : 'worker'] }),
      })),
      ...spec,
      ...more,
    },
  });
}
