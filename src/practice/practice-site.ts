import { chmodSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../failure.js';
import { gate } from '../lanes.js';
import { makeSshKey } from '../transport/ssh/make-key.js';
import { EtcdClusters } from './components/etcd-clusters.js';
import { type FaultControls, faultControls } from './fault-controls.js';
import type { Owner } from './host-files.js';
import { makeSharedFiles } from './host-skeleton.js';
import { inhabit } from './machine.js';
import { Neighbours } from './neighbours.js';
import { PracticeNetwork } from './network.js';
import { type Pace, quickPace } from './pace.js';
import { locateCommands } from './permitted-commands.js';
import { type Ground, PracticeHost } from './practice-host.js';
import { killProcesses } from './shell.js';
import { makeCommandDirectory } from './stand-ins/stand-ins.js';

export interface PracticeSiteOptions {
  /** A directory that does not exist yet, or is empty; everything goes below it. */
  readonly directory: string;
  readonly hosts: readonly {
    readonly name: string;
    /** IP address in the practice network, where the cluster goes. Default: 10.x.y.z by position. */
    readonly address?: string;
  }[];
  /** Who runs the shells when this process is root; default 65534 (nobody). Ignored otherwise. */
  readonly uid?: number;
  /** How long things take; default `quickPace`. */
  readonly pace?: Partial<Pace>;
  /**
   * Connections to 127.0.0.1 that nothing on a practice host takes go to this machine. Default false: the hosts have a
   * network of their own.
   */
  readonly throughToMachine?: boolean;
  /**
   * Commands over SSH that run at a time, on all hosts together; the others wait for their turn. Default: no limit. To start
   * a process holds this one up until it has got processor time, so that among hundreds that run nobody is served any more.
   */
  readonly commandsAtOnce?: number;
}

/** A host as its users see it. */
export interface SiteHost {
  readonly name: string;
  /** Where SSH goes. */
  readonly address: '127.0.0.1';
  readonly port: number;
  /** Where the cluster goes; for `advertiseAddress`. */
  readonly advertiseAddress: string;
  /** The public host key as known_hosts and `hostKey:` have it. */
  readonly hostKey: string;
  /** The directory that is the host's `/`. */
  readonly root: string;
}

export interface PracticeSite {
  readonly hosts: readonly SiteHost[];
  /** The private key that logs in as root on every host. */
  readonly identityFile: string;
  host(name: string): SiteHost;
  faults(name: string): FaultControls;
  /** Commands and arguments that scripts used and that practice hosts do not know, as `host: words`. */
  readonly refused: readonly string[];
  powerCut(name: string): Promise<void>;
  powerOn(name: string): Promise<void>;
  /** Ends everything that runs. The directory stays, unless it is to be removed. */
  close(options?: { readonly remove?: boolean }): Promise<void>;
}

/**
 * Starts hosts to practise on: each a directory, a real POSIX shell and a real SSH server on a port of 127.0.0.1.
 * @throws Failure `preflight` when this machine lacks a program or the unprivileged user cannot enter the directory
 */
export async function startPracticeSite(options: PracticeSiteOptions): Promise<PracticeSite> {
  const { ground, identityFile, hostKeyLine } = prepareGround(options);
  const hosts = new Map<string, PracticeHost>();
  for (const [index, { name, address = defaultAddress(index) }] of options.hosts.entries())
    hosts.set(name, new PracticeHost(ground, { name, address }));
  const machines = {
    network: ground.network,
    clusters: new EtcdClusters(),
    pace: { ...quickPace, ...options.pace },
  };
  for (const host of hosts.values()) host.inhabitant = inhabit(host, machines);
  const close = async ({ remove = false } = {}) => {
    const marks = new Set([...hosts.values()].map(({ mark }) => mark));
    const off = [...hosts.values()].map((host) => host.turnOff());
    killProcesses(marks);
    await Promise.all(off);
    if (remove) rmSync(ground.directory, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    for (const host of hosts.values()) await host.install();
    await checkShell([...hosts.values()][0], options.directory);
  } catch (error) {
    await close();
    throw error;
  }
  const find = (name: string): PracticeHost => {
    const host = hosts.get(name);
    if (host === undefined) throw new Error(`there is no practice host ${name}`);
    return host;
  };
  const describe = (host: PracticeHost): SiteHost => ({
    name: host.name,
    address: '127.0.0.1',
    port: host.port,
    advertiseAddress: host.address,
    hostKey: hostKeyLine,
    root: host.root,
  });
  return {
    hosts: [...hosts.values()].map(describe),
    identityFile,
    host: (name) => describe(find(name)),
    faults: (name) =>
      faultControls(find(name), (port, program) =>
        ground.network.listen(find(name), '0.0.0.0', port, program, (stream) => stream.destroy()),
      ),
    get refused() {
      return [...hosts.values()].flatMap(({ name, refused }) => refused.map((words) => `${name}: ${words}`));
    },
    powerCut: (name) => find(name).powerCut(),
    powerOn: (name) => find(name).powerOn(),
    close,
  };
}

/** 250 addresses in each /24 from 10.20.0.0 on. */
const defaultAddress = (index: number): string =>
  `10.${20 + Math.floor(index / 62_500)}.${Math.floor(index / 250) % 250}.${(index % 250) + 1}`;

function prepareGround(options: PracticeSiteOptions): {
  ground: Ground;
  identityFile: string;
  hostKeyLine: string;
} {
  const {
    directory,
    uid = 65534,
    throughToMachine = false,
    commandsAtOnce = Number.POSITIVE_INFINITY,
  } = options;
  mkdirSync(directory, { recursive: true });
  const base = realpathSync(directory);
  const owner: Owner | undefined = process.getuid?.() === 0 ? { uid, gid: uid } : undefined;
  // The unprivileged user passes through, and sees nothing but its own hosts.
  chmodSync(base, 0o711);
  for (const name of ['hosts', 'overrides']) {
    mkdirSync(join(base, name));
    chmodSync(join(base, name), 0o711);
  }
  makeSharedFiles(join(base, 'shared'));
  const commands = locateCommands(process.env.PATH ?? '');
  makeCommandDirectory(join(base, 'commands'), commands);
  const identity = makeSshKey();
  const identityFile = join(base, 'id');
  writeFileSync(identityFile, identity.private.reveal(), { mode: 0o600 });
  const hostKey = makeSshKey();
  const network = new PracticeNetwork((host) => {
    const practiceHost = host as PracticeHost;
    if (practiceHost.isOn) practiceHost.files.write('/run/practice/listeners', network.describe(host));
  });
  return {
    ground: {
      directory: base,
      owner,
      commands,
      hostKey: hostKey.private.reveal(),
      allowed: identity.parsed,
      network,
      neighbours: new Neighbours(base),
      throughToMachine,
      enter: gate(commandsAtOnce),
    },
    identityFile,
    hostKeyLine: hostKey.line,
  };
}

/** Directories above ours may be closed to the unprivileged user: better said now than by the first script. */
async function checkShell(host: PracticeHost | undefined, directory: string): Promise<void> {
  if (host === undefined || (await host.run('[ -d "$PODSTRAP_ROOT/etc" ] && cat /dev/null')) === 0) return;
  throw new Failure({
    kind: 'preflight',
    doing: 'Starting a shell on a practice host',
    where: { host: host.name },
    said: `the unprivileged user that runs it cannot work in ${directory}`,
    next: 'Use a directory whose parents everyone may pass through, such as one directly below /tmp.',
  });
}
