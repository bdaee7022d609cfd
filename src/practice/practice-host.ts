import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ParsedKey, ServerChannel } from 'ssh2';
import type { Enter } from '../lanes.js';
import { bootScript } from './boot-script.js';
import { attach } from './exec-session.js';
import { type Blow, HostFaults } from './faults.js';
import { HostFiles } from './host-files.js';
import { HostShell, type ShellGround } from './host-shell.js';
import { clearVolatileFiles, type HostIdentity, makeSkeleton, makeVolatileFiles } from './host-skeleton.js';
import type { Neighbours } from './neighbours.js';
import type { Listener, PracticeNetwork } from './network.js';
import { reachMachine } from './reach-machine.js';
import { refusedCommands } from './refused-commands.js';
import { killProcesses } from './shell.js';
import { type SshHost, type SshServer, serveSsh } from './ssh-server.js';
import { watchDirectory } from './watch-directory.js';

/** What all hosts of a site have in common. */
export interface Ground extends ShellGround {
  readonly hostKey: string;
  readonly allowed: ParsedKey;
  readonly network: PracticeNetwork;
  readonly neighbours: Neighbours;
  /** Connections to 127.0.0.1 that nothing on a host takes go to this machine. */
  readonly throughToMachine: boolean;
  /** Waits for the turn of one more command over SSH. */
  readonly enter: Enter;
}

/** What lives on a host beside its shells: the machine that the unit kubelet.service stands for. */
export interface Inhabitant {
  /** Something may have changed on the host. */
  look(): void;
  /** All that runs ends at once, without a trace in files. */
  powerCut(): void;
}

/** One host: a directory, a shell, an SSH server, and what lives on it. */
export class PracticeHost implements SshHost, HostIdentity {
  readonly name: string;
  /** IP address in the practice network. */
  readonly address: string;
  readonly files: HostFiles;
  readonly faults: HostFaults;
  /** Every command that scripts used and that a practice host does not know. */
  readonly refused: string[] = [];
  inhabitant: Inhabitant | undefined;
  readonly #ground: Ground;
  readonly #shell: HostShell;
  readonly #unwatch: (() => void)[] = [];
  #server: SshServer | undefined;
  #port = 0;
  #isOn = false;

  constructor(ground: Ground, { name, address }: HostIdentity) {
    this.#ground = ground;
    this.name = name;
    this.address = address;
    this.files = new HostFiles(join(ground.directory, 'hosts', name), ground.owner);
    this.faults = new HostFaults((blow) => this.#strike(blow));
    this.#shell = new HostShell(ground, name, this.files, this.faults);
  }

  get root(): string {
    return this.files.root;
  }

  get port(): number {
    return this.#port;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  get admits(): boolean {
    return this.faults.admits;
  }

  get latency(): number {
    return this.faults.latency;
  }

  get authorizedKeys(): string {
    return this.files.read('/root/.ssh/authorized_keys') ?? '';
  }

  get clock(): number {
    return Date.now() / 1000 + this.faults.clockOffset;
  }

  addressOf(client: string): string {
    return this.#ground.neighbours.addressOf(client);
  }

  get mark(): string {
    return this.#shell.mark;
  }

  /** Bytes that all files of the host have together. */
  diskUsed(): number {
    return this.#shell.diskUsed();
  }

  /** Installs the host and turns it on for the first time. */
  async install(): Promise<void> {
    makeSkeleton(this.root, this, join(this.#ground.directory, 'shared'), this.#ground.owner);
    await this.#start();
  }

  /** Everything that runs stops in the same instant; the files of lasting file systems stay. */
  async powerCut(): Promise<void> {
    if (!this.#isOn) return;
    const off = this.turnOff();
    killProcesses(new Set([this.mark]));
    await off;
  }

  /** A loss of power that leaves killing the processes to the caller, who has many hosts. */
  async turnOff(): Promise<void> {
    if (!this.#isOn) return;
    this.#isOn = false;
    const closed = this.#server?.close();
    this.inhabitant?.powerCut();
    this.#ground.network.closeAll(this);
    for (const unwatch of this.#unwatch.splice(0)) unwatch();
    await closed;
  }

  /** Boots: /run is empty, the boot id is new, enabled units have been started. Resolves when ssh answers. */
  async powerOn(): Promise<void> {
    if (this.#isOn) return;
    clearVolatileFiles(this.files);
    makeVolatileFiles(this.root, this, join(this.#ground.directory, 'shared'), this.#ground.owner);
    await this.run(bootScript(this.files));
    await this.#start();
    this.inhabitant?.look();
  }

  async #start(): Promise<void> {
    const { hostKey, allowed, network } = this.#ground;
    this.#isOn = true;
    this.#server = await serveSsh(this, hostKey, allowed, this.#port);
    this.#port = this.#server.port;
    this.#ground.neighbours.add(this.address, this.#port);
    network.listen(this, '0.0.0.0', 22, 'sshd', (stream) => stream.destroy());
  }

  /** Breaks every connection. */
  cut(): void {
    this.#server?.drop();
  }

  find(address: string, port: number): Promise<Listener | undefined> | Listener | undefined {
    const found = this.#ground.network.find(this, address, port);
    return found ?? (this.#ground.throughToMachine ? reachMachine(port) : undefined);
  }

  async exec(command: string, channel: ServerChannel): Promise<void> {
    if (!this.#isOn) {
      channel.close();
      return;
    }
    this.#watch();
    const watcher = this.faults.watchExec();
    if (this.faults.slowDisk > 0) await delay(this.faults.slowDisk);
    const leave = await this.#ground.enter();
    try {
      if (!this.#isOn) return leave();
      const child = this.#shell.start(command);
      child.once('exit', leave);
      child.once('error', leave);
      attach(child, channel, watcher, (stderr) => this.#execEnded(stderr));
      watcher.started();
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Runs a command as the host itself does, such as at boot. Its output goes nowhere. */
  run(command: string): Promise<number> {
    return new Promise((resolve) => {
      const child = this.#shell.start(command);
      child.stdout.resume();
      child.stdin.end();
      let complaint = '';
      child.stderr.on('data', (chunk: Buffer) => {
        complaint = (complaint + chunk.toString('utf8')).slice(-4096);
      });
      child.once('error', () => resolve(126));
      child.once('close', (code) => {
        if (this.#isOn) this.#execEnded(complaint);
        resolve(code ?? 137);
      });
    });
  }

  #execEnded(stderr: string): void {
    if (!this.#isOn) return;
    this.#collectRefused(stderr);
    this.inhabitant?.look();
  }

  #collectRefused(stderr: string): void {
    this.refused.push(...refusedCommands(stderr));
    const noted = this.files.read('/run/practice/refused');
    if (noted === undefined) return;
    this.files.remove('/run/practice/refused');
    this.refused.push(...noted.trimEnd().split('\n'));
  }

  /** Watches for what scripts change while they run. Begins with the first script: most hosts of a big site sleep. */
  #watch(): void {
    if (this.#unwatch.length > 0) return;
    this.#unwatch.push(
      this.watchDirectory('/run/practice', () => this.#noticeMoment()),
      this.watchDirectory('/run/practice/units', () => this.inhabitant?.look()),
    );
  }

  /** Calls back when something in a directory changes. Returns what ends it. */
  watchDirectory(path: string, changed: () => void): () => void {
    return watchDirectory(join(this.root, path), () => {
      if (this.#isOn) changed();
    });
  }

  #noticeMoment(): void {
    const moment = this.faults.commandMoment;
    if (moment === undefined || !this.files.exists('/run/practice/moment-reached')) return;
    this.faults.commandMoment = undefined;
    this.#strike(moment.blow);
    // After a cut the script goes on, as it does on a real host.
    if (moment.blow === 'cut') this.files.remove('/run/practice/moment-reached');
  }

  #strike(blow: Blow): void {
    if (blow === 'cut') this.cut();
    else void this.powerCut();
  }
}
