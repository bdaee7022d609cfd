import type { Addon } from '../addons/addon.js';
import type { ListedHost } from '../fleet/load-hosts.js';
import type { Files } from './files.js';

/** What a program of the operator's printed, or why it is of no use. */
export interface CommandResult {
  readonly stdout: string;
  /** Why it failed: what it wrote to its standard error, or why it did not run or end. Absent when it succeeded. */
  readonly said?: string;
}

/** Runs a program of the operator's machine, without a shell, to its end. */
export type RunCommand = (
  command: readonly string[],
  options: { readonly directory: string; readonly timeoutMs: number },
) => CommandResult;

/** Where an inventory's text comes from, and what it may refer to. */
export interface Source {
  /** Path of the file as the user typed it; for messages. */
  readonly file: string;
  /** Absolute directory of the file; relative paths in it start here. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Without it the files that the inventory names are not looked at, and no patches are loaded. */
  readonly files?: Files;
  /** Addons that take the place of those that the inventory names, whose files are then not looked at. */
  readonly addons?: readonly Addon[];
  /** Without it the commands that the inventory names are not run, and no hosts come from them. */
  readonly run?: RunCommand | undefined;
  /** Hosts that take the place of those that lists of the inventory name, which are then not looked at. */
  readonly listed?: readonly ListedHost[] | undefined;
}
