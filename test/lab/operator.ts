import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bracket } from '../../src/host/bracket.js';
import { type CommandOptions, type Ended, output, runCommand } from './command.js';
import type { Lab, LabHost } from './hosts.js';
import { type LabInventory, labInventory } from './inventory.js';
import { beside } from './settings.js';
import { until } from './until.js';

/** A person with a folder, an inventory in it, and podstrap as it is shipped. */
export interface Operator {
  readonly directory: string;
  /** Writes cluster.yaml anew; fields that are not given keep the lab's defaults. */
  write(inventory: Partial<LabInventory>): Promise<void>;
  podstrap(args: readonly string[], options?: CommandOptions): Promise<Ended>;
  up(...args: string[]): Promise<Ended>;
  /** `plan --detailed-exitcode`: ends with 0 for none and 2 for changes. */
  plan(): Promise<Ended>;
  /** Path of the kubeconfig that podstrap hands out. */
  kubeconfig(): Promise<string>;
  /** Real kubectl with the kubeconfig that podstrap hands out; `server` is the address of one API server. */
  kubectl(server: string, ...args: string[]): Promise<string>;
  leave(): Promise<void>;
}

/**
 * An operator without any configuration of their own: an empty home, no agent, no ssh_config.
 * @param within words before podstrap's own command, such as those that enter a network namespace
 */
export async function newOperator(
  lab: Lab,
  artifacts: Readonly<Record<string, unknown>>,
  within: readonly string[] = [],
): Promise<Operator> {
  const bin = beside('../../dist/cli/bin.js');
  if (!existsSync(bin)) throw new Error('podstrap is not built: npm run build');
  const directory = await mkdtemp(join(tmpdir(), 'podstrap-e2e-'));
  const kubernetes = join(lab.settings.home, 'dist', `kubernetes-${lab.settings.kubernetesVersion}`);
  const environment = {
    HOME: directory,
    PATH: `${kubernetes}:${process.env.PATH}`,
    SSH_AUTH_SOCK: undefined,
    KUBECONFIG: undefined,
    NO_COLOR: '1',
  };
  const podstrap: Operator['podstrap'] = (args, options) =>
    runCommand(command!, [...before, bin, ...args], { directory, environment, ...options });
  const [command, ...before] = [...within, process.execPath];
  let written: string | undefined;
  const kubeconfig = async () => {
    written ??= resolve(directory, (await must(podstrap(['kubeconfig']))).stdout.trim());
    return written;
  };
  const kubectlBinary = join(kubernetes, 'kubectl');
  return {
    directory,
    podstrap,
    write: (inventory) =>
      writeFile(
        join(directory, 'cluster.yaml'),
        labInventory({
          machines: lab.settings.machines,
          hosts: lab.hosts,
          identityFile: lab.identityFile,
          kubernetesVersion: lab.settings.kubernetesVersion,
          artifacts,
          ...inventory,
        }),
      ),
    up: (...args) => podstrap(['up', '--yes', '--accept-new-host-keys', ...args]),
    plan: () => podstrap(['plan', '--detailed-exitcode']),
    kubeconfig,
    kubectl: async (server, ...args) => {
      const flags = [
        '--kubeconfig',
        await kubeconfig(),
        '--server',
        `https://${bracket(server)}:6443`,
        '--request-timeout',
        '20s',
      ];
      return output(kubectlBinary, [...flags, ...args], { directory, environment });
    },
    leave: () => rm(directory, { recursive: true, force: true }),
  };
}

/** A command that has to succeed. @throws Error with everything that it said */
export async function must(ending: Promise<Ended>): Promise<Ended> {
  const ended = await ending;
  if (ended.code !== 0) throw new Error(`ended with ${ended.code}\n${ended.stdout}\n${ended.stderr}`);
  return ended;
}

/** Waits until the API server of each of these hosts is ready. */
export async function apiServersReady(operator: Operator, hosts: readonly LabHost[]): Promise<void> {
  for (const { ip } of hosts)
    await until(`the API server of ${ip} is ready`, () => operator.kubectl(ip, 'get', '--raw', '/readyz'));
}

/** That `plan` finds nothing to do. @throws Error with what it would do */
export async function nothingToDo(operator: Operator): Promise<void> {
  const plan = await operator.plan();
  if (plan.code !== 0) throw new Error(`plan ended with ${plan.code}\n${plan.stdout}\n${plan.stderr}`);
}
