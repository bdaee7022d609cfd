import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Lab, type LabHost, startLab } from './hosts.js';
import { everyManifest } from './manifests.js';
import { must, newOperator, nothingToDo, type Operator } from './operator.js';
import { startWriter, type Writer } from './writer.js';

type Spec = Readonly<Record<string, unknown>>;

/** Control planes that run, an operator, and a client who writes all the while. */
export interface LivingCluster {
  readonly lab: Lab;
  readonly operator: Operator;
  readonly writer: Writer;
  /** Changes one flag of every component in the inventory, to a value that it never had; `spec` goes over it. */
  change(spec?: Spec): Promise<void>;
  /** Writes the inventory of the last change anew, with `spec` over it. */
  restate(spec?: Spec): Promise<void>;
  /** Every manifest of every host, read from the disks. */
  manifests(): Promise<readonly Readonly<Record<string, string>>[]>;
  /** `up`, and then `plan` is empty, and until now no request of the client has failed. @returns seconds of `up` */
  converge(): Promise<number>;
  leave(): Promise<void>;
}

/** Every component gets a flag whose value is that number. */
const flags = (level: number): Spec => {
  const extraArgs = [{ name: 'v', value: `${level}` }];
  return {
    timeouts: { watchAfterChange: '2s' },
    etcd: { local: { extraArgs: [{ name: 'max-request-bytes', value: `${2_000_000 + level}` }] } },
    apiServer: { extraArgs },
    controllerManager: { extraArgs },
    scheduler: { extraArgs },
  };
};

/** Boots hosts, brings a cluster up on them, and lets a client write to it. */
export async function livingCluster(
  hosts: readonly LabHost[],
  artifacts: Readonly<Record<string, unknown>>,
): Promise<LivingCluster> {
  const lab = await startLab({ hosts });
  try {
    const operator = await newOperator(lab, artifacts);
    let level = 1;
    const restate = (spec: Spec = {}) => operator.write({ spec: { ...flags(level), ...spec } });
    await restate();
    await must(operator.up());
    await writeBadImage(operator);
    const servers = hosts.map(({ ip }) => ip);
    const writer = await startWriter(operator, servers);
    return {
      lab,
      operator,
      writer,
      restate,
      change: (spec) => {
        level += 1;
        return restate(spec);
      },
      manifests: () => Promise.all(hosts.map(({ name }) => everyManifest(lab, name))),
      converge: async () => {
        const start = performance.now();
        await must(operator.up());
        const seconds = (performance.now() - start) / 1000;
        await nothingToDo(operator);
        expect(writer.seen().failed).toEqual([]);
        return seconds;
      },
      leave: async () => {
        await operator.leave();
        await lab.down();
      },
    };
  } catch (error) {
    await lab.down();
    throw error;
  }
}

/** `spec` for an image of the scheduler that is nowhere. */
export const badImage: Spec = { patches: { directory: 'patches' } };

async function writeBadImage({ directory }: Operator): Promise<void> {
  const patch = [{ op: 'replace', path: '/spec/containers/0/image', value: 'registry.invalid/none:v1' }];
  await mkdir(join(directory, 'patches'));
  await writeFile(join(directory, 'patches', 'kube-scheduler+json.json'), JSON.stringify(patch));
}
