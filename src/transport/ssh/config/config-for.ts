import { isIP } from 'node:net';
import { matchesPatterns } from '../pattern.js';
import type { ConfigLine } from './config-lines.js';
import { unreadable } from './config-lines.js';
import {
  expandable,
  familyIn,
  filesIn,
  jumpIn,
  notUnderstood,
  numberIn,
  one,
  secondsIn,
  truthOf,
} from './config-values.js';

/** What ssh_config says for one host. Absent where it says nothing. */
export interface HostConfig {
  readonly hostName?: string;
  readonly user?: string;
  readonly port?: number;
  readonly identityFiles: readonly string[];
  /** Absent: not asked for. */
  readonly certificateFiles?: readonly string[];
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
  /** Of IP; absent: any. */
  readonly family?: 4 | 6;
  readonly knownHostsCommand?: string;
  /** Where what is said was found, by keyword. */
  readonly places?: ReadonlyMap<string, string>;
}

/** Who asks, for `Match`. */
export interface Query {
  /** The host as the inventory or ProxyJump writes it. */
  readonly alias: string;
  readonly localUser: string;
  readonly user?: string | undefined;
  readonly port?: number | undefined;
}

/** Keywords that add up; of all others the first value counts. */
const adding = ['identityfile', 'certificatefile'] as const;

/** What decides how a host is reached or whom to trust there, and is not done: only these values leave all as it is. */
const undone: Readonly<Record<string, readonly string[]>> = {
  canonicalizehostname: ['no', 'false'],
  bindaddress: [],
  bindinterface: [],
  revokedhostkeys: ['none'],
  knownhostscommand: ['none'],
};

/** What is done. */
const done = [
  ...['hostname', 'user', 'port', 'identitiesonly', 'identityagent', 'proxyjump', 'proxycommand'],
  ...['userknownhostsfile', 'globalknownhostsfile', 'hostkeyalias', 'connecttimeout', 'addressfamily'],
  ...adding,
];

/** How often each criterion of Match takes a value; one that is not here is not understood. */
const criteria = ['host', 'originalhost', 'user', 'localuser'] as const;
type Criterion = (typeof criteria)[number];
const isCriterion = (name: string): name is Criterion => (criteria as readonly string[]).includes(name);

/** One reading of the lines for a host. */
interface Reading {
  readonly query: Query;
  readonly values: Map<string, ConfigLine>;
  readonly added: Record<(typeof adding)[number], string[]>;
  /** What `Host` looks at. */
  host: string;
  final: boolean;
  wantsFinal: boolean;
}

/**
 * The first value of each keyword counts, as in ssh_config(5). No command is ever run, and no name looked up.
 * @throws Failure `usage` for a line that counts for this host and is not understood, or makes no sense
 */
export function configFor(lines: readonly ConfigLine[], query: Query): HostConfig {
  const reading: Reading = {
    query,
    values: new Map(),
    added: { identityfile: [], certificatefile: [] },
    host: query.alias,
    final: false,
    wantsFinal: false,
  };
  walk(lines, reading);
  if (reading.wantsFinal) {
    reading.final = true;
    reading.host = hostNameIn(reading);
    walk(lines, reading);
  }
  return fromValues(reading);
}

function walk(lines: readonly ConfigLine[], reading: Reading): void {
  for (const line of lines)
    if (line.keyword === 'host') {
      if (matchesPatterns(line.values, reading.host, 'exact')) walk(line.below, reading);
    } else if (line.keyword === 'match') {
      if (matchHolds(line, reading)) walk(line.below, reading);
    } else take(line, reading);
}

function take(line: ConfigLine, { values, added, query }: Reading): void {
  const { keyword } = line;
  if (keyword === 'identityfile' || keyword === 'certificatefile') {
    const value = one(line);
    if (!added[keyword].includes(value)) added[keyword].push(value);
    values.set(`${keyword} ${value}`, line);
    return;
  }
  if (values.has(keyword) || isOutdone(keyword, values)) return;
  const harmless = undone[keyword];
  const isHarmless = harmless?.includes(line.values[0]!.toLowerCase()) ?? true;
  // Addresses are never canonicalised.
  const isOfAddress = keyword === 'canonicalizehostname' && isIP(query.alias) !== 0;
  if (!isHarmless && !isOfAddress) throw notUnderstood(line);
  values.set(keyword, line);
}

/** Of the two ways to say how a host is reached the first counts; but a ProxyJump that says `none` leaves room for a command. */
function isOutdone(keyword: string, values: Reading['values']): boolean {
  if (keyword === 'proxyjump') return values.has('proxycommand');
  return keyword === 'proxycommand' && (values.get('proxyjump')?.rest ?? 'none').toLowerCase() !== 'none';
}

function matchHolds(line: ConfigLine, reading: Reading): boolean {
  const words = line.values.flatMap((word, index) => criterionAndValue(word, index, line.values));
  if (words.some((word) => word.toLowerCase() === 'all') && !words.every(goesWithAll))
    throw unreadable(line.place, '`all` goes with no other criterion of Match');
  for (let at = 0; at < words.length; at += 1) {
    const isNegated = words[at]!.startsWith('!');
    const criterion = words[at]!.replace(/^!/, '').toLowerCase();
    if (criterion === 'all') continue;
    if (criterion === 'final' || criterion === 'canonical') {
      if (criterion === 'final') reading.wantsFinal = true;
      if (reading.final === isNegated) return false;
      continue;
    }
    // What it decides may be of no interest.
    if (!isCriterion(criterion)) {
      if (matters(line.below)) throw notUnderstood(line);
      return false;
    }
    at += 1;
    const patterns = (words[at] ?? '').split(',');
    if (matchesPatterns(patterns, subjectOf(criterion, reading), 'exact') === isNegated) return false;
  }
  return true;
}

const goesWithAll = (word: string): boolean => /^(all|!?final|!?canonical)$/i.test(word);

/** A criterion and its value may be joined by =. */
function criterionAndValue(word: string, index: number, all: readonly string[]): readonly string[] {
  const [, criterion, value] = /^(!?[a-z]+)=(.*)$/i.exec(word) ?? [];
  const isValue = isCriterion((all[index - 1] ?? '').replace(/^!/, '').toLowerCase());
  return criterion === undefined || isValue ? [word] : [criterion, value!];
}

const matters = (lines: readonly ConfigLine[]): boolean =>
  lines.some(({ keyword, below }) => done.includes(keyword) || keyword in undone || matters(below));

function subjectOf(criterion: Criterion, reading: Reading): string {
  const { query, values } = reading;
  if (criterion === 'host') return hostNameIn(reading);
  if (criterion === 'originalhost') return query.alias;
  if (criterion === 'user') return query.user ?? values.get('user')?.values[0] ?? query.localUser;
  return query.localUser;
}

const hostNameIn = ({ values, query }: Reading): string =>
  (values.get('hostname')?.values[0] ?? query.alias).replaceAll('%h', query.alias).replaceAll('%%', '%');

function fromValues({ values, added }: Reading): HostConfig {
  const text = (keyword: string) => {
    const line = values.get(keyword);
    return line && one(line);
  };
  const whole = (keyword: string) => values.get(keyword)?.rest;
  return defined({
    hostName: expandable(values.get('hostname'), 'h'),
    user: expandable(values.get('user'), ''),
    port: numberIn(values.get('port'), 65_535),
    identityFiles: added.identityfile,
    certificateFiles: added.certificatefile.length > 0 ? added.certificatefile : undefined,
    identitiesOnly: truthOf(values.get('identitiesonly')),
    identityAgent: text('identityagent'),
    proxyJump: jumpIn(values.get('proxyjump')),
    proxyCommand: whole('proxycommand'),
    userKnownHostsFiles: filesIn(values.get('userknownhostsfile')),
    globalKnownHostsFiles: filesIn(values.get('globalknownhostsfile')),
    hostKeyAlias: text('hostkeyalias')?.toLowerCase(),
    connectTimeout: secondsIn(values.get('connecttimeout')),
    family: familyIn(values.get('addressfamily')),
    places: new Map([...values].map(([keyword, { place }]) => [keyword, place])),
  });
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

const defined = <T extends object>(fields: T): Defined<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
