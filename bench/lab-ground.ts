import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { directoryContent, inventoryMirrors, startUpstream } from '../src/practice/upstream/upstream.js';
import { output } from '../test/lab/command.js';
import { type Lab, type LabHost, startLab } from '../test/lab/hosts.js';
import type { InventoryHost } from '../test/lab/inventory.js';
import { prepareForKubeadm } from '../test/lab/kubeadm.js';
import { newOperator, type Operator } from '../test/lab/operator.js';
import { beside, settingsFrom } from '../test/lab/settings.js';
import { backToPrepared, prepareForPodstrap } from './lab-hosts.js';
import { quiet } from './quiet.js';

/**
 * Three control planes for each side, and workers after them, artifacts in place on all. Only one side's hosts are on at
 * a time.
 */
export interface LabGround {
  readonly lab: Lab;
  readonly ours: readonly InventoryHost[];
  readonly theirs: readonly InventoryHost[];
  /**
   * An operator who has nothing but the inventory: keys are made in the measured time, as kubeadm makes them.
   * @param size how many of the hosts are in it
   */
  withOperator(size: number, work: (operator: Operator) => Promise<void>): Promise<void>;
  /** Puts hosts back to where only their artifacts are in place. */
  clean(hosts: readonly LabHost[]): Promise<void>;
  /** Turns podstrap's hosts off and kubeadm's on, which are then as they were prepared. */
  giveWay(): Promise<void>;
  /** The reverse. */
  comeBack(): Promise<void>;
  /** What the kubelets of the hosts said last: why a measurement failed, as a rule. */
  lastWords(): Promise<string>;
  close(): Promise<void>;
}

/** Both sides stop at "ready": kubeadm does not watch what it changed. */
export const timeouts = { watchAfterChange: '0s' };

export const upArguments = ['up', '--yes', '--accept-new-host-keys'];

/**
 * @param versions of Kubernetes whose builds are needed, beside the one that the lab's settings name
 * @param workers of each side
 */
export async function startGround({
  versions = [],
  workers = 0,
}: {
  readonly versions?: readonly string[];
  readonly workers?: number;
} = {}): Promise<LabGround> {
  // A bridge of its own, so that tests on the lab's other bridges lose nothing.
  const settings = settingsFrom({ LAB_BRIDGE: 'psbr2', LAB_SUBNET: '10.77.2', ...process.env });
  const named = (prefix: string, from: number): InventoryHost[] =>
    Array.from({ length: 3 + workers }, (_, index) => ({
      name: `${prefix}-${index + 1}`,
      ip: `${settings.subnet}.${from + index + 1}`,
      roles: [index < 3 ? 'control-plane' : 'worker'],
    }));
  const [ours, theirs] = [named('ours', 10), named('theirs', 20)];
  const builds = [...new Set([settings.kubernetesVersion, ...versions])];
  await output(beside('build'), builds, { environment: { LAB_HOME: settings.home } });
  const upstream = await startUpstream(await directoryContent({ dist: join(settings.home, 'dist') }));
  const cache = await mkdtemp(join(tmpdir(), 'podstrap-bench-cache-'));
  const artifacts = { ...inventoryMirrors(upstream.url), cacheDirectory: cache };
  const lab = await startLab({ hosts: [...ours, ...theirs], settings });
  const clean: LabGround['clean'] = async (hosts) => {
    await Promise.all(hosts.map(({ name }) => backToPrepared(lab, name)));
  };
  // The other side's hosts would take processor time.
  const turnOff = async (hosts: readonly LabHost[]): Promise<void> => {
    for (const { name } of hosts) await lab.powerCut(name);
  };
  // Booting starts containerd, and a kubelet without any configuration.
  const turnOn = async (hosts: readonly LabHost[]): Promise<void> => {
    await Promise.all(hosts.map(({ name }) => lab.start(name)));
    await clean(hosts);
  };
  const ground: LabGround = {
    lab,
    ours,
    theirs,
    clean,
    withOperator: async (size, work) => {
      const operator = await newOperator(lab, artifacts);
      try {
        await operator.write({ hosts: ours.slice(0, size), spec: { timeouts } });
        await quiet();
        await work(operator);
      } finally {
        await operator.leave();
      }
    },
    giveWay: async () => {
      await turnOff(ours);
      await turnOn(theirs);
      await quiet();
    },
    comeBack: async () => {
      await turnOff(theirs);
      await turnOn(ours);
    },
    lastWords: async () => {
      const words = [...ours, ...theirs].map(async ({ name }) => {
        const { stdout } = await lab.exec(
          name,
          'journalctl -u kubelet --no-pager -o cat -n 12 | cut -c1-300',
        );
        return `\n${name}\n${stdout}`;
      });
      return (await Promise.all(words)).join('');
    },
    close: async () => {
      await lab.down();
      await upstream.close();
      await rm(cache, { recursive: true, force: true });
    },
  };
  try {
    await ground.withOperator(ours.length, prepareForPodstrap);
    for (const { name } of theirs) await prepareForKubeadm(lab, name);
    await clean(ours);
    await clean(theirs);
    await turnOff(theirs);
    return ground;
  } catch (error) {
    await ground.close();
    throw error;
  }
}
