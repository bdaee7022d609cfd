import type { Addon } from '../addons/addon.js';
import type { Files } from './files.js';

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
}
