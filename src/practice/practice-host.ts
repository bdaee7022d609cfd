import { execFileSync } from 'node:child_process';
import { type FSWatcher, mkdirSync, rmSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { ParsedKey, ServerChannel } from 'ssh2';
import { bootScript } from './boot-script.js';
import { attach } from './exec-session.js';
import { type Blow, HostFaults } from './faults.js';
import { HostFiles, type Owner } from './host-files.js';
import { clearVolatileFiles, type HostIdentity, makeSkeleton, makeVolatileFiles } from './host-skeleton.js';
import type { Listener, PracticeNetwork } from './network.js';
import { reachMachine } from './reach-machine.js';
import { killProcesses, type ShellHome, startShell } from './shell.js';
import { type SshHost, type SshServer, serveSsh } from './ssh-server.js';
import { faultPrograms } from './stand-ins/fault-programs.js';
import type { RealCommands } from './stand-ins/stand-in.js';
import { writeExecutable } from './stand-ins/stand-ins.js';

/** What all hosts of a site have in common. */
export interface Ground {
  readonly directory: string;
  readonly owner: Owner | undefined;
  readonly commands: RealCommands;
  readonly hostKey: string;
  readonly allowed: ParsedKey;
  readonly network: PracticeNetwork;
  /** Connections to 127.0.0.1 that nothing on a host takes go to this machine. */
  readonly throughToMachine: boolean;
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
  readonly #watchers: FSWatcher[] = [];
  #server: SshServer | undefined;
  #port = 0;
  #isOn = false;

  constructor(ground: Ground, { name, address }: HostIdentity) {
    this.#ground = ground;
    this.name = name;
    this.address = address;
    this.files = new HostFiles(join(ground.directory, 'hosts', name), ground.owner);
    this.faults = new HostFaults((blow) => this.#strike(blow));
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

  /** The same word in the environment of every process of this host. */
  get mark(): string {
    return this.root;
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
    this.#unwatch();
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

  exec(command: string, channel: ServerChannel): void {
    if (!this.#isOn) {
      channel.close();
      return;
    }
    this.#watch();
    const watcher = this.faults.watchExec();
    this.#prepareFaults();
    const start = () => {
      if (!this.#isOn) return;
      const child = startShell(this.#home(), command);
      attach(child, channel, watcher, (stderr) => this.#execEnded(stderr));
      watcher.started();
    };
    if (this.faults.slowDisk === 0) start();
    else setTimeout(start, this.faults.slowDisk);
  }

  /** Runs a command as the host itself does, such as at boot. Its output goes nowhere. */
  run(command: string): Promise<number> {
    return new Promise((resolve) => {
      const child = startShell(this.#home(), command);
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

  #home(): ShellHome {
    const { directory, commands, owner } = this.#ground;
    const ordinary = join(directory, 'commands');
    const overrides = this.#overrides();
    return {
      mark: this.mark,
      root: this.root,
      commandDirectories: overrides === undefined ? [ordinary] : [overrides, ordinary],
      shell: commands.get('sh')!,
      owner,
    };
  }

  /** Directory with the programs that behave badly on this host at present; undefined when none does. */
  #overrides(): string | undefined {
    const { directory, commands } = this.#ground;
    const programs = faultPrograms(this.faults, commands, join(directory, 'commands'));
    if (programs.size === 0) return undefined;
    const overrides = join(directory, 'overrides', this.name);
    rmSync(overrides, { recursive: true, force: true });
    mkdirSync(overrides, { recursive: true, mode: 0o755 });
    for (const [name, text] of programs) writeExecutable(join(overrides, name), text);
    return overrides;
  }

  /** Tells the stand-ins what is wrong, in files that they read. */
  #prepareFaults(): void {
    const { slowDisk, diskLimit } = this.faults;
    this.#note('slow-disk', slowDisk > 0 ? slowDisk / 1000 : undefined);
    const left = diskLimit === undefined ? undefined : Math.max(0, diskLimit - this.diskUsed());
    this.#note('free', left === undefined ? undefined : Math.floor(left / 1024));
  }

  #note(name: string, value: number | undefined): void {
    const path = `/run/practice/${name}`;
    if (value !== undefined) this.files.write(path, `${value}\n`);
    else if (this.files.exists(path)) this.files.remove(path);
  }

  /** Bytes that all files of the host have together. */
  diskUsed(): number {
    return Number.parseInt(execFileSync(this.#ground.commands.get('du')!, ['-sb', this.root]).toString(), 10);
  }

  #execEnded(stderr: string): void {
    if (!this.#isOn) return;
    this.#collectRefused(stderr);
    this.inhabitant?.look();
  }

  /** The shell's own complaint is the only sign of a command that is not there; stand-ins write theirs to a file. */
  #collectRefused(stderr: string): void {
    for (const [, name] of stderr.matchAll(/^\S*sh: (?:line )?\d+: ([^\s:]+): (?:command )?not found$/gm))
      this.refused.push(name!);
    const noted = this.files.read('/run/practice/refused');
    if (noted === undefined) return;
    this.files.remove('/run/practice/refused');
    this.refused.push(...noted.trimEnd().split('\n'));
  }

  /** Watches for what scripts change while they run. Begins with the first script: most hosts of a big site sleep. */
  #watch(): void {
    if (this.#watchers.length > 0) return;
    this.#watchers.push(this.#watchDirectory('/run/practice', (name) => this.#noticed(name)));
    this.#watchers.push(this.#watchDirectory('/run/practice/units', () => this.inhabitant?.look()));
  }

  /** Calls back when something in a directory changes. Returns what ends it. */
  watchDirectory(path: string, changed: () => void): () => void {
    const watcher = this.#watchDirectory(path, changed);
    return () => watcher.close();
  }

  #watchDirectory(path: string, changed: (name: string) => void): FSWatcher {
    const watcher = watch(join(this.root, path), { persistent: false }, (_event, name) => {
      if (this.#isOn) changed(name ?? '');
    });
    // The directory goes away when the power does.
    watcher.on('error', () => undefined);
    return watcher;
  }

  #unwatch(): void {
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }

  #noticed(name: string): void {
    const moment = this.faults.commandMoment;
    if (
      name !== 'moment-reached' ||
      moment === undefined ||
      !this.files.exists('/run/practice/moment-reached')
    )
      return;
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
