import type { ComponentFault } from '../faults.js';
import type { HostFiles, Owner } from '../host-files.js';
import type { NetworkHost, PracticeNetwork } from '../network.js';
import type { Pace } from '../pace.js';
import type { EtcdClusters } from './etcd-clusters.js';

/** A process ended by itself, with these words on its standard error. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

/** What a process in a container sees and can do. */
export interface ComponentContext {
  readonly host: NetworkHost & { readonly files: HostFiles };
  readonly nodeName: string;
  readonly image: string;
  /** Whom it runs as. */
  readonly user: Owner;
  /** Flags by name without dashes; the last value of each counts. */
  readonly flags: ReadonlyMap<string, string>;
  readonly env: ReadonlyMap<string, string>;
  readonly network: PracticeNetwork;
  readonly clusters: EtcdClusters;
  readonly pace: Pace;
  /** Milliseconds since the epoch by the host's clock. */
  readonly now: () => number;
  readonly fault: () => ComponentFault;
  /** Where a path of the container is on the host; undefined when it is not mounted. */
  hostPath(path: string): string | undefined;
  /** Text of a file in the container. @throws Crash when it is not there, or this user may not read it */
  read(path: string): string;
  log(line: string): void;
  after(milliseconds: number, action: () => void): () => void;
  /** Ends the process with an error. */
  crash(message: string): void;
}

/** A running process. */
export interface Component {
  /** It is told to end, and has the time to do what it does then; `stop` follows. */
  terminate?(): void;
  /** It lets go of its ports at once. */
  stop(): void;
}

export type StartComponent = (context: ComponentContext) => Component;

/** The value of a flag that a component cannot do without. @throws Crash */
export function required(flags: ReadonlyMap<string, string>, name: string): string {
  const value = flags.get(name);
  if (value === undefined || value === '') throw new Crash(`--${name} must be specified`);
  return value;
}

/** Flags from a command line. @throws Crash for what is no flag */
export function parseFlags(words: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    words.map((word) => {
      const match = /^--([\w-]+)(?:=(.*))?$/s.exec(word);
      if (match === null) throw new Crash(`unknown command "${word}"`);
      return [match[1]!, match[2] ?? 'true'];
    }),
  );
}

/** Host and port of a URL, without the brackets of an IPv6 address. */
export function endpointOfUrl(url: string): { readonly address: string; readonly port: number } {
  const { hostname, port, protocol } = new URL(url);
  return {
    address: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port || (protocol === 'https:' ? 443 : 80)),
  };
}
