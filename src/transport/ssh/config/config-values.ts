import { Failure } from '../../../failure.js';
import { type ConfigLine, unreadable } from './config-lines.js';

/** The value of a keyword that takes one. */
export function one({ keyword, values, place }: ConfigLine): string {
  if (values.length > 1) throw unreadable(place, `more than one value follows \`${keyword}\``);
  if (values[0] === '') throw unreadable(place, `nothing follows \`${keyword}\``);
  return values[0]!;
}

/** A value in which of all that begins with % only these letters are known; newer releases of OpenSSH know more in some places. */
export function expandable(line: ConfigLine | undefined, letters: string): string | undefined {
  if (line === undefined) return undefined;
  const value = one(line);
  if (new RegExp(`%[^%${letters}]`).test(value.replaceAll('%%', '')) || value.includes('${'))
    throw notUnderstood(line);
  return value;
}

/** ssh does not take quotes off it. */
export function jumpIn(line: ConfigLine | undefined): string | undefined {
  if (line === undefined) return undefined;
  const value = line.rest.replace(/\s+#.*$/, '').trim();
  if (/["'%$\s]/.test(value)) throw notUnderstood(line);
  return value;
}

/** `none` is no file. */
export const filesIn = (line: ConfigLine | undefined): readonly string[] | undefined =>
  line?.values.filter((file) => file.toLowerCase() !== 'none');

export function numberIn(line: ConfigLine | undefined, largest: number): number | undefined {
  if (line === undefined) return undefined;
  const text = one(line);
  const value = Number(text);
  // Ports have names, too.
  if (!/^\d+$/.test(text)) throw notUnderstood(line);
  if (value < 1 || value > largest) throw unreadable(line.place, `${text} is not between 1 and ${largest}`);
  return value;
}

/** Units of time, in seconds, as sshd_config(5) has them. */
const units: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

export function secondsIn(line: ConfigLine | undefined): number | undefined {
  if (line === undefined) return undefined;
  const text = one(line).toLowerCase();
  if (text === 'none') return undefined;
  if (!/^(\d+[smhdw]?)+$/.test(text)) throw unreadable(line.place, `${text} is no time`);
  const parts = [...text.matchAll(/(\d+)([smhdw]?)/g)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * units[unit!]!, 0) || undefined;
}

export function truthOf(line: ConfigLine | undefined): boolean | undefined {
  if (line === undefined) return undefined;
  const text = one(line).toLowerCase();
  if (['yes', 'true'].includes(text)) return true;
  if (['no', 'false'].includes(text)) return false;
  throw unreadable(line.place, `${text} is neither yes nor no`);
}

export function familyIn(line: ConfigLine | undefined): 4 | 6 | undefined {
  if (line === undefined) return undefined;
  const families: Readonly<Record<string, 4 | 6 | 'any'>> = { any: 'any', inet: 4, inet6: 6 };
  const found = families[one(line).toLowerCase()];
  if (found === undefined) throw unreadable(line.place, `${line.rest} is no address family`);
  return found === 'any' ? undefined : found;
}

/** What only OpenSSH can do, or knows how to read. */
export const notUnderstood = ({
  keyword,
  rest,
  place,
}: Pick<ConfigLine, 'keyword' | 'rest' | 'place'>): Failure =>
  new Failure({
    kind: 'usage',
    doing: `reading ${place}`,
    said: `podstrap’s own SSH client does not do \`${keyword} ${rest}\``,
    next: 'set `ssh.client: openssh`, which does all that ssh does; or name another file in ssh.configFile, or write `configFile: none`',
  });
