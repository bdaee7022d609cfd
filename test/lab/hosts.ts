import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { type CommandOptions, type Ended, output, runCommand } from './command.js';
import { beside, type Settings, settingsFrom } from './settings.js';

export interface LabHost {
  readonly name: string;
  readonly ip: string;
  /** A second address, of IPv6, in a /64 that all hosts share. */
  readonly ipv6?: string;
}

/** Running hosts, and what can befall them. Every function resolves when it is done. */
export interface Lab {
  readonly settings: Settings;
  readonly hosts: readonly LabHost[];
  /** Private key that root, ops (sudo password `lab password`), opsn (sudo without one) and nosudo accept. */
  readonly identityFile: string;
  /** Runs a shell command inside as root, past network and sshd; an exit code is a result. */
  exec(host: string, command: string): Promise<Ended>;
  /** Standard output of a command that must succeed inside. @throws Error with what it said */
  read(host: string, command: string): Promise<string>;
  /** Runs a program of this machine in a network namespace of a host, such as a pod's: a path of that host. */
  within(
    host: string,
    namespace: string,
    command: readonly string[],
    options?: CommandOptions,
  ): Promise<Ended>;
  /** The host's root file system as seen from outside; stays readable after a power cut. Not of an emulated machine. */
  path(host: string, absolute: string): string;
  powerCut(host: string): Promise<void>;
  /** As an operator reboots it; resolves when systemd runs again. Emulated machines only. */
  reboot(host: string): Promise<void>;
  /** Power back: resolves when systemd runs and sshd answers. */
  start(host: string): Promise<void>;
  /** Pulls the network cable. */
  cut(host: string): Promise<void>;
  join(host: string): Promise<void>;
  /** Lets nothing through between two hosts, their pods included, while all others reach both. */
  part(host: string, other: string): Promise<void>;
  /** Takes that away again. */
  meet(host: string, other: string): Promise<void>;
  freeze(host: string): Promise<void>;
  thaw(host: string): Promise<void>;
  /** Lets `path` have only `size` (such as `8m`), empty, until unlimit or a power cut. */
  limit(host: string, path: string, size: string): Promise<void>;
  unlimit(host: string, path: string): Promise<void>;
  /** Fills the disk that `path` is on; what is there stays. `path` gets a small disk of its own for it. */
  fill(host: string, path: string): Promise<void>;
  /** Takes what fills it away, and `path` is where it was. */
  free(host: string, path: string): Promise<void>;
  /** Deletes the named hosts and makes new ones of the same names and addresses. */
  fresh(...names: string[]): Promise<void>;
  /** Deletes the host of that name, and makes a new one at that address. */
  replace(host: LabHost): Promise<void>;
  /** Ends and deletes everything. */
  down(): Promise<void>;
}

/**
 * Boots hosts on the lab's bridge, after deleting what an earlier run that was killed left there.
 *
 * @throws Error when another living run has the bridge, or a host does not come up
 */
export async function startLab(options: { hosts: readonly LabHost[]; settings?: Settings }): Promise<Lab> {
  const { hosts, settings = settingsFrom(process.env) } = options;
  const claim = await claimBridge(settings.bridge);
  const lab = labOf(settings, hosts, claim);
  try {
    await command(settings, 'down');
    await boot(settings, hosts);
  } catch (error) {
    await lab.down();
    throw error;
  }
  return lab;
}

function labOf(settings: Settings, hosts: readonly LabHost[], claim: Server): Lab {
  const run = (...args: string[]) => command(settings, ...args);
  return {
    settings,
    hosts,
    identityFile: join(settings.home, 'id'),
    exec: (host, script) =>
      runCommand(beside(settings.machines), ['run', host, script], { environment: variables(settings) }),
    read: (host, script) => run('run', host, script),
    within: (host, namespace, words, options) =>
      runCommand(beside(settings.machines), ['within', host, namespace, ...words], {
        environment: variables(settings),
        ...options,
      }),
    path: (host, absolute) => hostPath(settings, host, absolute),
    powerCut: async (host) => void (await run('kill', host)),
    reboot: async (host) => void (await run('reboot', host)),
    start: async (host) => {
      await run('start', host);
      await run('wait', host);
    },
    cut: async (host) => void (await run('cut', host)),
    join: async (host) => void (await run('join', host)),
    part: async (host, other) => void (await run('part', host, other)),
    meet: async (host, other) => void (await run('meet', host, other)),
    freeze: async (host) => void (await run('freeze', host)),
    thaw: async (host) => void (await run('thaw', host)),
    limit: async (host, path, size) => void (await run('limit', host, path, size)),
    unlimit: async (host, path) => void (await run('unlimit', host, path)),
    fill: async (host, path) => void (await run('fill', host, path)),
    free: async (host, path) => void (await run('free', host, path)),
    fresh: async (...names) => {
      await run('down', ...names);
      await boot(
        settings,
        hosts.filter((host) => names.includes(host.name)),
      );
    },
    replace: async (host) => {
      await run('down', host.name);
      await boot(settings, [host]);
    },
    down: async () => {
      await run('down');
      claim.close();
    },
  };
}

async function boot(settings: Settings, hosts: readonly LabHost[]): Promise<void> {
  if (hosts.length === 0) return;
  await command(
    settings,
    'up',
    ...hosts.map(({ name, ip, ipv6 }) => `${name}=${ip}${ipv6 === undefined ? '' : `,${ipv6}`}`),
  );
  await command(settings, 'wait', ...hosts.map(({ name }) => name));
}

/** A name that the kernel gives to one process only, and takes back when it dies in whatever way. */
function claimBridge(bridge: string): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new Error(`another run uses the lab on ${bridge}; set LAB_BRIDGE and LAB_SUBNET`, { cause })),
    );
    server.listen(`\0podstrap-lab-${bridge}`, () => resolve(server.unref()));
  });
}

/** These three folders are disks of their own, because overlays do not stack. */
const disks = ['containerd', 'kubelet', 'etcd'];

function hostPath(settings: Settings, host: string, absolute: string): string {
  if (settings.machines === 'vm') throw new Error('the disk of an emulated machine is its own');
  const machine = join(settings.home, 'machines', settings.bridge, host);
  if (!existsSync(machine)) throw new Error(`no host ${host} on ${settings.bridge}`);
  const [, disk, rest] = /^\/var\/lib\/([^/]+)(.*)$/.exec(absolute) ?? [];
  return disk !== undefined && disks.includes(disk)
    ? join(machine, disk, rest ?? '')
    : join(machine, 'root', absolute);
}

const command = (settings: Settings, ...args: string[]): Promise<string> =>
  output(beside(settings.machines), args, { environment: variables(settings) });

const variables = ({ home, bridge, subnet }: Settings) => ({
  LAB_HOME: home,
  LAB_BRIDGE: bridge,
  LAB_SUBNET: subnet,
});
