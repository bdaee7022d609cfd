/** Something about the inventory that is wrong (`error`) or that its author may not have meant (`warning`). */
export interface Problem {
  /** The inventory file as the user typed it, or a file that it names. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;
  /** As in `spec.hosts[0].address`; empty for the document as a whole. */
  readonly path: string;
  /** What stands there. */
  readonly found: string;
  /** What would be right. */
  readonly expected: string;
  /** The very change to make, when it can be guessed, such as `did you mean "address"?` */
  readonly hint?: string;
  readonly severity: 'error' | 'warning';
}

/** One line: place, path, what was found, and the hint or else what would be right. */
export function describeProblem(problem: Problem): string {
  const { file, line, column, path, found, expected, hint } = problem;
  const what = `${found}; ${hint ?? `expected ${expected}`}`;
  return `${file}:${line}:${column}  ${path === '' ? what : `${path}: ${what}`}`;
}
