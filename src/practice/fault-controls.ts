import type { Blow, ComponentFault, Moment } from './faults.js';
import type { PracticeHost } from './practice-host.js';

/** What one can make go wrong on one host. */
export interface FaultControls {
  /** Breaks every connection now. Scripts that run go on without input and output. */
  cut(): void;
  /** Breaks every connection at that moment of a script. */
  cutAt(moment: Moment): void;
  /** Everything on the host stops at that moment of a script; files stay. Turn it on again with `powerOn`. */
  powerCutAt(moment: Moment): void;
  /** Strikes exactly when a program is used for the n-th time from now on; 1 is the next time. */
  strikeAtCommand(blow: Blow, command: string, count: number): void;
  /** Milliseconds that each script and each sync takes longer. */
  slowDisk(milliseconds: number): void;
  /**
   * Only that many more bytes fit: then tar, cp, cat, tee and ctr say `No space left on device`. What the shell itself
   * writes with `>` is not limited. With `unseen`, df says that there is room, as when others fill the disk just then.
   */
  fullDisk(afterBytes?: number, options?: { readonly unseen?: boolean }): void;
  /** The pod of a component never gets ready, or ends some time after each start. */
  component(name: string, fault: ComponentFault): void;
  /** Components on this host do not know a flag, such as `audit-log-path`. */
  unknownFlag(name: string): void;
  /** Nobody may log in while this is true; connections that are open stay. */
  refuseLogins(refuse?: boolean): void;
  /** Milliseconds that each request over SSH takes longer. */
  latency(milliseconds: number): void;
  /** Seconds that the host's clock is ahead. */
  clock(seconds: number): void;
  /** A program that is not ours listens on a port of all addresses. Returns what ends it. */
  occupyPort(port: number, program: string): () => void;
  /** A machine that is not ours has an address on the wire of this host. Returns what turns it off. */
  stranger(address: string): () => void;
  /** All is well again; what has stopped stays stopped. */
  clear(): void;
}

const neighbours = '/run/practice/neighbours';

/** The controls of one host's faults. @param occupy listens on all addresses of the host */
export function faultControls(
  host: PracticeHost,
  occupy: (port: number, program: string) => () => void,
): FaultControls {
  const { faults } = host;
  return {
    cut: () => host.cut(),
    cutAt: (moment) => faults.arm(moment, 'cut'),
    powerCutAt: (moment) => faults.arm(moment, 'power'),
    strikeAtCommand: (blow, command, count) => {
      host.files.remove('/run/practice/moment-count');
      faults.commandMoment = { blow, command, count };
    },
    slowDisk: (milliseconds) => {
      faults.slowDisk = milliseconds;
    },
    fullDisk: (afterBytes = 0, { unseen = false } = {}) => {
      faults.diskLimitShows = !unseen;
      faults.diskLimit = host.diskUsed() + afterBytes;
    },
    component: (name, fault) => {
      faults.components.set(name, fault);
    },
    unknownFlag: (name) => {
      faults.unknownFlags.add(name);
    },
    refuseLogins: (refuse = true) => {
      faults.admits = !refuse;
    },
    latency: (milliseconds) => {
      faults.latency = milliseconds;
    },
    clock: (seconds) => {
      faults.clockOffset = seconds;
    },
    occupyPort: occupy,
    stranger: (address) => {
      host.files.write(neighbours, `${address} 02:00:5e:00:53:01\n`);
      return () => host.files.remove(neighbours);
    },
    clear: () => faults.clear(),
  };
}
