import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What hosts are: in namespaces of this machine, or emulated machines of their own. */
export type Machines = 'lab' | 'vm';

/** The same settings as settings.sh has for the lab's scripts, except that tests use a bridge of their own. */
export interface Settings {
  /** The script beside this file that makes the hosts. */
  readonly machines: Machines;
  /** What was built, and the hosts' state. */
  readonly home: string;
  /** One bridge is one lab: two runs at once need two bridges and two subnets. */
  readonly bridge: string;
  /** First three octets of the lab's addresses. */
  readonly subnet: string;
  readonly kubernetesVersion: string;
  /** What the upgrade goes to: a patch or a minor above. */
  readonly upgradesTo: string;
}

/** Settings from LAB_MACHINES, LAB_HOME, LAB_BRIDGE, LAB_SUBNET, LAB_KUBERNETES and LAB_UPGRADE. */
export function settingsFrom(environment: Readonly<Record<string, string | undefined>>): Settings {
  return {
    machines: environment.LAB_MACHINES === 'vm' ? 'vm' : 'lab',
    home: environment.LAB_HOME ?? join(homedir(), '.cache', 'podstrap-lab'),
    bridge: environment.LAB_BRIDGE ?? 'pstest0',
    subnet: environment.LAB_SUBNET ?? '10.77.1',
    kubernetesVersion: environment.LAB_KUBERNETES ?? 'v1.36.3',
    upgradesTo: environment.LAB_UPGRADE ?? 'v1.37.2',
  };
}

/** A script or file beside this one. */
export const beside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
