import { type ChildProcessWithoutNullStreams, execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { HostFaults } from './faults.js';
import type { HostFiles, Owner } from './host-files.js';
import { startShell } from './shell.js';
import { faultPrograms } from './stand-ins/fault-programs.js';
import type { RealCommands } from './stand-ins/stand-in.js';
import { writeExecutable } from './stand-ins/stand-ins.js';

/** What shells of all hosts of a site have in common. */
export interface ShellGround {
  readonly directory: string;
  readonly owner: Owner | undefined;
  readonly commands: RealCommands;
}

/** Starts shells on one host, with programs that behave as badly as its faults ask for. */
export class HostShell {
  readonly #ground: ShellGround;
  readonly #name: string;
  readonly #files: HostFiles;
  readonly #faults: HostFaults;
  /** Directories of programs that behave badly, by their texts. */
  readonly #written = new Map<string, string>();

  constructor(ground: ShellGround, name: string, files: HostFiles, faults: HostFaults) {
    this.#ground = ground;
    this.#name = name;
    this.#files = files;
    this.#faults = faults;
  }

  /** The same word in the environment of every process of this host. */
  get mark(): string {
    return this.#files.root;
  }

  start(command: string): ChildProcessWithoutNullStreams {
    const { directory, commands, owner } = this.#ground;
    const ordinary = join(directory, 'commands');
    const overrides = this.#overrides(ordinary);
    this.#note();
    return startShell(
      {
        mark: this.mark,
        root: this.#files.root,
        commandDirectories: overrides === undefined ? [ordinary] : [overrides, ordinary],
        shell: commands.get('sh')!,
        owner,
      },
      command,
    );
  }

  /** Bytes that all files of the host have together. */
  diskUsed(): number {
    const { commands } = this.#ground;
    return Number.parseInt(execFileSync(commands.get('du')!, ['-sb', this.#files.root]).toString(), 10);
  }

  /** Directory with the programs that behave badly at present; undefined when none does. */
  #overrides(ordinary: string): string | undefined {
    const programs = faultPrograms(this.#faults, this.#ground.commands, ordinary);
    if (programs.size === 0) return undefined;
    const texts = JSON.stringify([...programs]);
    const known = this.#written.get(texts);
    if (known !== undefined) return known;
    // Scripts that run already keep those with which they were started.
    const overrides = join(this.#ground.directory, 'overrides', `${this.#name}.${this.#written.size}`);
    mkdirSync(overrides, { recursive: true, mode: 0o755 });
    for (const [name, text] of programs) writeExecutable(join(overrides, name), text);
    this.#written.set(texts, overrides);
    return overrides;
  }

  /** Tells the stand-ins what is wrong, in files that they read. */
  #note(): void {
    const { slowDisk, diskLimit, diskLimitShows } = this.#faults;
    this.#noteValue('slow-disk', slowDisk > 0 ? slowDisk / 1000 : undefined);
    const shown = diskLimitShows ? diskLimit : undefined;
    const left = shown === undefined ? undefined : Math.max(0, shown - this.diskUsed());
    this.#noteValue('free', left === undefined ? undefined : Math.floor(left / 1024));
  }

  #noteValue(name: string, value: number | undefined): void {
    const path = `/run/practice/${name}`;
    if (value !== undefined) this.#files.write(path, `${value}\n`);
    else if (this.#files.exists(path)) this.#files.remove(path);
  }
}
