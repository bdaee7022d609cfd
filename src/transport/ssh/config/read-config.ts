import { readdirSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { Failure } from '../../../failure.js';
import { type ConfigLine, configLines, type ReadFiles } from './config-lines.js';

/** The system's file comes second: the user's values count first. */
const systemFile = '/etc/ssh/ssh_config';

/**
 * The lines of ssh_config that count for a run.
 *
 * @param configFile as the inventory names it: a file, `none`, or undefined for the user's and the system's
 * @throws Failure `usage` when a named file cannot be read, or one cannot be parsed
 */
export function readConfig(configFile: string | undefined, home: string): readonly ConfigLine[] {
  if (configFile === 'none') return [];
  if (configFile !== undefined) return linesOf(configFile, join(home, '.ssh'), home, true);
  return [
    ...linesOf(join(home, '.ssh/config'), join(home, '.ssh'), home, false),
    ...linesOf(systemFile, dirname(systemFile), home, false),
  ];
}

function linesOf(file: string, base: string, home: string, required: boolean): readonly ConfigLine[] {
  const text = textOf(file);
  if (text !== undefined) return configLines(text, file, including(base, home));
  if (!required) return [];
  throw new Failure({
    kind: 'usage',
    doing: `reading ${file}`,
    said: 'there is no such file, or it cannot be read',
    next: 'correct ssh.configFile in the inventory, or write `configFile: none`',
  });
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // As OpenSSH does: a configuration file that is not there says nothing.
    return undefined;
  }
}

/** Relative names start where the including file's kind lives: ~/.ssh for a user's, /etc/ssh for the system's. */
const including =
  (base: string, home: string): ReadFiles =>
  (pattern) => {
    const path = pattern.replace(/^~(?=\/)/, home);
    return expand(isAbsolute(path) ? path : join(base, path)).flatMap((file) => {
      const text = textOf(file);
      return text === undefined ? [] : [{ file, text }];
    });
  };

/** The paths that a pattern with *, ? and [ ] in any of its parts names, sorted, as glob(7) has it. */
function expand(pattern: string): readonly string[] {
  return pattern
    .split('/')
    .slice(1)
    .reduce<readonly string[]>(
      (found, part) =>
        /[*?[]/.test(part)
          ? found.flatMap((directory) => namesIn(directory, part).map((name) => `${directory}/${name}`))
          : found.map((directory) => `${directory}/${part}`),
      [''],
    );
}

function namesIn(directory: string, pattern: string): readonly string[] {
  const glob = globOf(pattern);
  try {
    return readdirSync(`${directory}/`)
      .filter((name) => glob.test(name) && (!name.startsWith('.') || pattern.startsWith('.')))
      .sort();
  } catch {
    return [];
  }
}

/** Case matters in names of files, other than in names of hosts. */
function globOf(pattern: string): RegExp {
  const source = pattern.replace(
    /\[(!?)([^\]]+)\]|[*?]|[\\^$.+()|[\]{}]/g,
    (found, not?: string, set?: string) => {
      if (set !== undefined) return `[${not ? '^' : ''}${set.replace(/[\\^]/g, '\\$&')}]`;
      if (found === '*') return '.*';
      return found === '?' ? '.' : `\\${found}`;
    },
  );
  return new RegExp(`^${source}$`, 's');
}
