import type { ConfigLine } from './config-lines.js';
import { matchesPatterns } from './pattern.js';

/** What ssh_config says for one host. Absent where it says nothing. */
export interface HostConfig {
  readonly hostName?: string;
  readonly user?: string;
  readonly port?: number;
  readonly identityFiles: readonly string[];
  readonly identitiesOnly?: boolean;
  /** A socket, `SSH_AUTH_SOCK`, or `none`. */
  readonly identityAgent?: string;
  readonly proxyJump?: string;
  readonly proxyCommand?: string;
  readonly userKnownHostsFiles?: readonly string[];
  readonly globalKnownHostsFiles?: readonly string[];
  readonly hostKeyAlias?: string;
  /** Seconds. */
  readonly connectTimeout?: number;
}

/** Who asks, for `Match`. */
export interface Query {
  /** The host as the inventory or ProxyJump writes it. */
  readonly alias: string;
  readonly localUser: string;
  readonly user?: string | undefined;
}

type Values = Map<string, readonly string[]>;

/**
 * The first value of each keyword counts, as in ssh_config(5). Nothing is ever run: a `Match` with `exec` does not
 * match, and names are not canonicalised.
 */
export function configFor(lines: readonly ConfigLine[], query: Query): HostConfig {
  const values: Values = new Map();
  const identityFiles: string[] = [];
  const walk = (some: readonly ConfigLine[], final: boolean): void => {
    for (const line of some)
      if (line.keyword === 'host') {
        if (matchesPatterns(line.values, query.alias, 'exact')) walk(line.below, final);
      } else if (line.keyword === 'match') {
        if (matchHolds(line.values, query, values, final)) walk(line.below, final);
      } else if (line.keyword === 'identityfile') {
        if (!identityFiles.includes(line.values[0]!)) identityFiles.push(line.values[0]!);
      } else if (!values.has(line.keyword) && !isOutdone(line.keyword, values))
        values.set(line.keyword, line.values);
  };
  walk(lines, false);
  walk(lines, true);
  return fromValues(values, identityFiles);
}

/** Of the two ways to say how a host is reached the first counts; but a ProxyJump that says `none` leaves room for a command. */
function isOutdone(keyword: string, values: Values): boolean {
  if (keyword === 'proxyjump') return values.has('proxycommand');
  return keyword === 'proxycommand' && (values.get('proxyjump')?.[0] ?? 'none').toLowerCase() !== 'none';
}

function matchHolds(words: readonly string[], query: Query, values: Values, final: boolean): boolean {
  for (let at = 0; at < words.length; at += 1) {
    const negated = words[at]!.startsWith('!');
    const criterion = words[at]!.replace(/^!/, '').toLowerCase();
    if (criterion === 'all') continue;
    if (criterion === 'final' || criterion === 'canonical') {
      if ((criterion === 'final' && final) === negated) return false;
      continue;
    }
    at += 1;
    const subject = subjectOf(criterion, query, values);
    if (subject === undefined || matchesPatterns((words[at] ?? '').split(','), subject, 'exact') === negated)
      return false;
  }
  return true;
}

/** What a criterion looks at; undefined for `exec` and for what only a running ssh knows. */
function subjectOf(criterion: string, { alias, localUser, user }: Query, values: Values): string | undefined {
  if (criterion === 'host') return (values.get('hostname')?.[0] ?? alias).replaceAll('%h', alias);
  if (criterion === 'originalhost') return alias;
  if (criterion === 'user') return user ?? values.get('user')?.[0] ?? localUser;
  if (criterion === 'localuser') return localUser;
  return undefined;
}

function fromValues(values: Values, identityFiles: readonly string[]): HostConfig {
  const text = (keyword: string) => values.get(keyword)?.join(' ');
  const number = (keyword: string) => {
    const value = Number(text(keyword));
    return Number.isInteger(value) && value > 0 ? value : undefined;
  };
  return defined({
    hostName: text('hostname'),
    user: text('user'),
    port: number('port'),
    identityFiles,
    identitiesOnly: values.has('identitiesonly')
      ? text('identitiesonly')!.toLowerCase() === 'yes'
      : undefined,
    identityAgent: text('identityagent'),
    proxyJump: text('proxyjump'),
    proxyCommand: text('proxycommand'),
    userKnownHostsFiles: values.get('userknownhostsfile'),
    globalKnownHostsFiles: values.get('globalknownhostsfile'),
    hostKeyAlias: text('hostkeyalias'),
    connectTimeout: number('connecttimeout'),
  });
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

const defined = <T extends object>(fields: T): Defined<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
