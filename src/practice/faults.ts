/** A moment in what a host does, from now on. Fields that are given must all have come true. */
export interface Moment {
  /** The n-th script that is started; 1 is the next one. Default: any. */
  readonly exec?: number;
  /** That many bytes have come in on its standard input. */
  readonly stdinBytes?: number;
  /** That many lines have gone out on its standard output. */
  readonly stdoutLines?: number;
}

/** The n-th use of a program by any script of the host: as exact a moment as there is. */
export interface CommandMoment {
  readonly command: string;
  readonly count: number;
}

export type Blow = 'cut' | 'power';

export interface ComponentFault {
  readonly neverReady?: boolean;
  /** Ends with an error that many milliseconds after it has started, every time. */
  readonly diesAfter?: number;
  /** It dies only where it is started with this flag, as one that a bad setting kills. */
  readonly withFlag?: string;
}

interface Armed {
  readonly moment: Moment;
  readonly blow: Blow;
  readonly firstExec: number;
}

/** Watches one running script for the moments that were armed. */
export interface ExecWatch {
  started(): void;
  stdin(bytes: number): void;
  stdout(chunk: Uint8Array): void;
}

/** What goes wrong on one host, on request. */
export class HostFaults {
  latency = 0;
  admits = true;
  /** Milliseconds that every script and every sync takes longer. */
  slowDisk = 0;
  /** Bytes that all files of the host together may have; undefined for plenty. */
  diskLimit: number | undefined;
  /** False when df does not show the limit: something else fills the disk just then. */
  diskLimitShows = true;
  /** Seconds that the host's clock is ahead. */
  clockOffset = 0;
  readonly components = new Map<string, ComponentFault>();
  readonly unknownFlags = new Set<string>();
  commandMoment: (CommandMoment & { readonly blow: Blow }) | undefined;
  #armed: Armed[] = [];
  #execs = 0;
  readonly #strike: (blow: Blow) => void;

  constructor(strike: (blow: Blow) => void) {
    this.#strike = strike;
  }

  arm(moment: Moment, blow: Blow): void {
    this.#armed.push({ moment, blow, firstExec: this.#execs });
  }

  clear(): void {
    this.latency = 0;
    this.admits = true;
    this.slowDisk = 0;
    this.diskLimit = undefined;
    this.diskLimitShows = true;
    this.clockOffset = 0;
    this.components.clear();
    this.unknownFlags.clear();
    this.commandMoment = undefined;
    this.#armed = [];
  }

  /** To be called once per script, before it starts. */
  watchExec(): ExecWatch {
    const exec = ++this.#execs;
    let bytes = 0;
    let lines = 0;
    const check = () => {
      const due = this.#armed.find(
        ({ moment, firstExec }) =>
          (moment.exec === undefined || moment.exec === exec - firstExec) &&
          bytes >= (moment.stdinBytes ?? 0) &&
          lines >= (moment.stdoutLines ?? 0),
      );
      if (due === undefined) return;
      this.#armed = this.#armed.filter((armed) => armed !== due);
      this.#strike(due.blow);
    };
    return {
      started: check,
      stdin: (count) => {
        bytes += count;
        check();
      },
      stdout: (chunk) => {
        for (const byte of chunk) if (byte === 0x0a) lines++;
        check();
      },
    };
  }
}
