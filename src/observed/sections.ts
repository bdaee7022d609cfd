/** Lines by the title that stands before them. */
export type Sections = ReadonlyMap<string, readonly string[]>;

/** Splits a probe's output into its sections. */
export function sections(output: string): Sections {
  const found = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of output.split('\n')) {
    if (line.startsWith('@')) {
      current = [];
      found.set(line.slice(1), current);
    } else if (line !== '') current.push(line);
  }
  return found;
}

/** What stands before and after the first `separator`. */
export function splitOnce(line: string, separator: string): [string, string] {
  const index = line.indexOf(separator);
  return index < 0 ? [line, ''] : [line.slice(0, index), line.slice(index + separator.length)];
}

/** Values by the word that stands before them on their lines. */
export function values(lines: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const line of lines) {
    const [key, value] = splitOnce(line, ' ');
    found.set(key, [...(found.get(key) ?? []), value]);
  }
  return found;
}
