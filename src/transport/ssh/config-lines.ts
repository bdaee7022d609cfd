import SSHConfig from 'ssh-config';
import { Failure } from '../../failure.js';

/** One line of ssh_config, and for `Host` and `Match` the lines below it. Keywords are in lower case. */
export interface ConfigLine {
  readonly keyword: string;
  readonly values: readonly string[];
  readonly below: readonly ConfigLine[];
}

/** Reads files for Include; a pattern may name several, or none. */
export type ReadFiles = (pattern: string) => readonly { readonly file: string; readonly text: string }[];

/** As many levels as OpenSSH allows. */
const deepest = 16;

/**
 * The lines of one ssh_config file, each Include replaced by the lines of what it names.
 * @throws Failure `usage` when the file cannot be parsed or includes itself without end
 */
export function configLines(text: string, file: string, read: ReadFiles, depth = 0): readonly ConfigLine[] {
  if (depth > deepest) throw unreadable(file, 'files include each other in a loop');
  try {
    return convert(SSHConfig.parse(text), read, depth);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw unreadable(file, String(cause instanceof Error ? cause.message : cause));
  }
}

function convert(config: SSHConfig, read: ReadFiles, depth: number): ConfigLine[] {
  return [...config].flatMap((line) => {
    if (line.type !== SSHConfig.DIRECTIVE) return [];
    const values = typeof line.value === 'string' ? [line.value] : line.value.map(({ val }) => val);
    const keyword = line.param.toLowerCase();
    if (keyword === 'include')
      return values.flatMap(read).flatMap(({ file, text }) => configLines(text, file, read, depth + 1));
    return [{ keyword, values, below: 'config' in line ? convert(line.config, read, depth) : [] }];
  });
}

const unreadable = (file: string, said: string): Failure =>
  new Failure({
    kind: 'usage',
    doing: `reading ${file}`,
    said,
    next: 'fix the file, name another one in ssh.configFile, or write `configFile: none`',
  });
