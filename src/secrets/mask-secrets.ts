import { withoutCredentials } from '../secret.js';
import { isSecretName, isSecretVariable, noValue, plainValue } from './secret-names.js';

export const mask = '[redacted]';

export interface MaskOptions {
  /** Texts that are secrets wherever they stand. */
  readonly known?: readonly string[];
  /**
   * Which variables of containers are masked: those that may hold a secret, or only those that are named after one.
   * Objects of the API have a place of their own for secrets, and people who review them look at the others.
   */
  readonly variables?: 'all' | 'named';
}

/**
 * A text that people get to see, such as a manifest, a unit or config.toml in a diff: line for line as it was, but for
 * what may be a secret. Told by the names of fields, flags and variables, since of what a host has nobody knows more.
 */
export function maskSecrets(text: string, options: MaskOptions = {}): string {
  const scan = new Scan(options.variables ?? 'all');
  return withoutKnown(
    text
      .split('\n')
      .map((line) => withoutCredentials(scan.line(line)))
      .join('\n'),
    options.known ?? [],
  );
}

/** True when something of a text would be masked: then not everybody on a host may read it either. */
export const holdsSecrets = (text: string, options: MaskOptions = {}): boolean =>
  maskSecrets(text, options) !== text;

/** `text` without these secrets; the longest go first, since one may be part of another. */
export const withoutKnown = (text: string, known: readonly string[]): string =>
  [...known]
    .sort((a, b) => b.length - a.length)
    .reduce((rest, one) => (one === '' ? rest : rest.replaceAll(one, mask)), text);

const longest = 8192;

interface Parent {
  readonly indent: number;
  readonly key: string;
}

/** What a value ends at when it is not on the line of its key: where its lines are less indented, or at a mark. */
type Open =
  | { readonly until: 'dedent'; readonly indent: number; readonly list?: boolean }
  | { readonly until: 'list'; readonly indent: number }
  | { readonly until: 'mark'; readonly mark: string }
  | { readonly until: 'end of key' }
  | { readonly until: 'end of environment' };

/** Reads YAML, JSON, TOML and units line by line, as far as it takes to tell keys from values. */
class Scan {
  readonly #variables: 'all' | 'named';
  #open: Open | undefined;
  #parents: Parent[] = [];
  /** The `name:` beside which a `value:` may stand, by its indentation. */
  #named = new Map<number, string>();

  constructor(variables: 'all' | 'named') {
    this.#variables = variables;
  }

  line(line: string): string {
    // Files on hosts may hold anything; what takes long to look through is not looked through.
    if (line.length > longest) return `${mask} (a line of ${line.length} characters)`;
    if (this.#open !== undefined) {
      const within = this.#within(line, this.#open);
      if (within !== undefined) return within;
    }
    if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(line)) {
      if (!/-----END [A-Z ]*PRIVATE KEY-----/.test(line)) this.#open = { until: 'end of key' };
      return line.replace(/(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END|$)/, `$1${mask}$2`);
    }
    const environment = /^(\s*Environment\s*=)(.*)$/.exec(line);
    if (environment) return this.#environment(environment[1]!, environment[2]!);
    return /^\s*(- )?["']?--/.test(line) ? this.#flag(line) : this.#field(flags(line));
  }

  /** A line of a value that began before; undefined when the value is at its end. */
  #within(line: string, open: Open): string | undefined {
    switch (open.until) {
      case 'dedent':
        if (line.trim() === '') return line;
        if (indentOf(line) > open.indent) return masked(line);
        // An unindented list below its key.
        if (open.list && indentOf(line) === open.indent && /^\s*- /.test(line)) return masked(line);
        break;
      case 'list':
        if (line.trim() === '') return line;
        // Fields below a name such as `authorization` speak for themselves.
        if (indentOf(line) < open.indent || /^\s*(- )?(["']?)[\w./-]+\2:(\s|$)/.test(line)) break;
        if (indentOf(line) === open.indent && !/^\s*- /.test(line)) break;
        this.#open = { until: 'dedent', indent: open.indent, list: true };
        return masked(line);
      case 'mark':
        if (line.includes(open.mark)) {
          this.#open = undefined;
          return `${mask}${line.slice(line.indexOf(open.mark))}`;
        }
        return mask;
      case 'end of key':
        if (!/-----END [A-Z ]*PRIVATE KEY-----/.test(line)) return `${' '.repeat(indentOf(line))}${mask}`;
        break;
      case 'end of environment': {
        const continued = /\\\s*$/.test(line);
        if (!continued) this.#open = undefined;
        return assignments(line);
      }
    }
    this.#open = undefined;
    return open.until === 'end of key' ? line : undefined;
  }

  #environment(key: string, words: string): string {
    if (/\\\s*$/.test(words)) this.#open = { until: 'end of environment' };
    return `${key}${assignments(words)}`;
  }

  #flag(line: string): string {
    const seen = flags(line);
    // What goes on is a text of several lines; in a unit the next line is a flag of its own.
    if (seen !== line && !/\\\s*$/.test(line)) this.#open = { until: 'dedent', indent: indentOf(line) - 1 };
    return seen;
  }

  #field(line: string): string {
    const match =
      /^(\s*(?:- )*)("[^"]+"|'[^']+'|[\w./~ -]+?)(\s*[:=](?:\s+|$)|\s*=\s*|"?\s*:\s*(?=["{[]))(.*)$/.exec(
        line,
      );
    if (match === null) return inline(line);
    const [, lead = '', quoted = '', sign = '', value = ''] = match;
    const key = quoted.replaceAll(/["']/g, '');
    const indent = lead.length;
    this.#parents = [...this.#parents.filter((parent) => parent.indent < indent), { indent, key }];
    if (lead.includes('-')) this.#named.delete(indent);
    if (key === 'name') this.#named.set(indent, value.trim().replaceAll(/["',]/g, ''));
    const isSecret = key === 'value' && this.#isSecretValue(indent, value.trim());
    if (isSecretName(key) && value.trim() === '') this.#open = { until: 'list', indent };
    if (!isSecret && (!isSecretName(key) || noValue.test(value.trim().replace(/,$/, ''))))
      return `${lead}${quoted}${sign}${inline(value)}`;
    if (/^[|>][\d+-]*\s*(#.*)?$/.test(value)) {
      this.#open = { until: 'dedent', indent: indent - (lead.includes('-') ? 2 : 0) };
      return line;
    }
    const fence = /^("""|''')/.exec(value)?.[1];
    if (fence !== undefined && !value.slice(3).includes(fence)) {
      this.#open = { until: 'mark', mark: fence };
      return `${lead}${quoted}${sign}${fence}${mask}`;
    }
    if (/^[[{]/.test(value) && !/[\]}],?\s*$/.test(value))
      this.#open = { until: 'mark', mark: value.startsWith('[') ? ']' : '}' };
    else if (!/^["'[{]/.test(value) || !/["'\]}],?\s*$/.test(value)) this.#open = { until: 'dedent', indent };
    return `${lead}${quoted}${sign}${quotedMask(value)}`;
  }

  #isSecretValue(indent: number, value: string): boolean {
    const plain = value.replace(/^(["'])(.*)\1,?$/, '$2');
    const name = this.#named.get(indent);
    const isVariable = this.#parents.some((parent) => parent.key === 'env' || parent.key === 'extraEnvs');
    if (name === undefined) return isVariable && this.#variables === 'all' && !plainValue.test(plain);
    return isVariable && this.#variables === 'all'
      ? isSecretVariable(name, plain)
      : isSecretName(name) && !noValue.test(plain);
  }
}

const indentOf = (line: string): number => line.length - line.trimStart().length;

/** A line of a secret value, with its indentation and its mark of a list. */
const masked = (line: string): string => line.replace(/^(\s*(?:- )?).*$/, `$1${mask}`);

const quotedMask = (value: string): string => {
  const comma = /,\s*$/.test(value) ? ',' : '';
  return value.startsWith("'") ? `'${mask}'${comma}` : `"${mask}"${comma}`;
};

/** Flags of command lines whose names are those of secrets, one on a line or several. */
const flags = (line: string): string =>
  line
    .replace(
      /^(\s*- )(["']?)(--?[A-Za-z][\w.-]*)=(.*?)\2$/,
      (all, lead: string, quote: string, name: string, value: string) =>
        isSecretFlag(name, value) ? `${lead}${quote}${name}=${mask}${quote}` : all,
    )
    .replace(
      /(["'])(--[A-Za-z][\w.-]*)=((?:(?!\1).)*)\1/g,
      (all, quote: string, name: string, value: string) =>
        isSecretFlag(name, value) ? `${quote}${name}=${mask}${quote}` : all,
    )
    .replace(
      /(?<![\w"'])(--[A-Za-z][\w.-]*)(=|\s+)("[^"]*"|'[^']*'|[^\s"'\\-][^\s\\]*)/g,
      (all, name: string, sign: string, value: string) =>
        isSecretFlag(name, value) ? `${name}${sign}${mask}` : all,
    );

const isSecretFlag = (name: string, value: string): boolean =>
  isSecretName(name) && !noValue.test(value) && value !== mask;

const fieldWithin = /(?<![\w.-])(["']?)([A-Za-z][\w.-]*)\1\s*[:=]\s*/g;
const valueWithin = /"(?:[^"\\]|\\.)*"|'[^']*'|\[[^\]]*\]|\{[^}]*\}|[^\s,}\]]+/y;

/** Fields within a line, as in YAML's flow style, JSON and TOML's inline tables. */
function inline(text: string): string {
  let seen = '';
  let done = 0;
  fieldWithin.lastIndex = 0;
  for (let field = fieldWithin.exec(text); field !== null; field = fieldWithin.exec(text)) {
    const start = field.index + field[0].length;
    valueWithin.lastIndex = start;
    const value = isSecretName(field[2]!) ? (valueWithin.exec(text)?.[0] ?? '') : '';
    if (noValue.test(value) || value.includes(mask)) continue;
    seen += `${text.slice(done, start)}${quotedMask(value)}`;
    done = start + value.length;
    fieldWithin.lastIndex = done;
  }
  return seen + text.slice(done);
}

/** The words of `Environment=`, each `NAME=value`, quoted or not; https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html */
const assignments = (words: string): string =>
  words.replace(
    /"([A-Za-z_]\w*)=((?:[^"\\]|\\.)*)"|'([A-Za-z_]\w*)=([^']*)'|([A-Za-z_]\w*)=("(?:[^"\\]|\\.)*"|'[^']*'|(?:[^\s\\]|\\(?!\s*$))*)/g,
    (
      all,
      double?: string,
      ofDouble?: string,
      single?: string,
      ofSingle?: string,
      bare?: string,
      ofBare?: string,
    ) => {
      const name = double ?? single ?? bare ?? '';
      const value = ofDouble ?? ofSingle ?? ofBare ?? '';
      if (!isSecretVariable(name, value)) return all;
      const quote = double !== undefined ? '"' : single !== undefined ? "'" : '';
      return `${quote}${name}=${mask}${quote}`;
    },
  );
