import type { Path } from '../path.js';

/** A problem before its place is known: what a check returns. */
export interface Finding {
  readonly path: Path;
  /** Default: what stands at `path`, or `missing`. */
  readonly found?: string;
  readonly expected: string;
  readonly hint?: string | undefined;
  /** Default: error. */
  readonly severity?: 'warning';
  /** Offset in the text, where it is not the value at `path`. */
  readonly at?: number;
  /** Where it is, when it is in another file than the inventory; counted from 1. */
  readonly place?: { readonly file: string; readonly line: number; readonly column: number };
}
