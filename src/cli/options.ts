import { type Command, Option } from 'commander';
import { Failure } from '../failure.js';
import { isSupported, supportedMinors } from '../kubernetes/versions.js';
import type { Dress } from './terminal.js';

/** How a command prints; `markdown` is for `plan` alone. */
export const outputFormats = ['text', 'json', 'markdown'] as const;

export type OutputFormat = (typeof outputFormats)[number];

/** Options that every command takes. */
export interface GlobalOptions {
  readonly file: string;
  readonly output: OutputFormat;
  readonly color: boolean;
  readonly verbose: boolean;
  readonly acceptNewHostKeys: boolean;
  /** Digests of records that are accepted from hosts. */
  readonly acceptRecord?: readonly string[];
}

/** The global options as given anywhere on the command line. */
export const globalOptions = (command: Command): GlobalOptions => {
  const given = command.optsWithGlobals<
    Partial<GlobalOptions> & Pick<GlobalOptions, 'file' | 'output' | 'color'>
  >();
  return { verbose: false, acceptNewHostKeys: false, ...given };
};

/** `--fewer-hosts`, of `plan` and of `up`. */
export const fewerHostsOption = (): Option =>
  new Option(
    '--fewer-hosts',
    'go on although half of a fleet’s known hosts or more are gone from its inventory',
  );

/** Color only on a terminal, and only when nobody objects (https://no-color.org). */
export const dressOf = (options: GlobalOptions, stream: { isTTY?: boolean }): Dress =>
  options.color && process.env['NO_COLOR'] === undefined && stream.isTTY === true ? 'color' : 'plain';

/** A version of Kubernetes from the command line. @throws Failure `usage` for one that is not supported */
export function supportedVersion(name: string): string {
  if (isSupported(name)) return name;
  throw new Failure({
    kind: 'usage',
    doing: 'Reading the command line',
    said: `${name} is not a supported version of Kubernetes`,
    next: `Use vX.Y.Z, from v1.${supportedMinors[0]} to v1.${supportedMinors.at(-1)}.`,
  });
}
