/**
 * Where to fetch `url`: the longest prefix in `mirrors` that ends at a boundary of its path is replaced by its mirror.
 * Without credentials that stand in the mirror's address: they are not used, and addresses are in notes and provenances.
 */
export function mirrored(url: string, mirrors: Readonly<Record<string, string>>): string {
  const prefix = Object.keys(mirrors)
    .map((key) => [key, trimmed(key)] as const)
    .filter(([, bare]) => url === bare || url.startsWith(`${bare}/`))
    .sort(([, a], [, b]) => b.length - a.length)[0];
  if (prefix === undefined) return url;
  const [key, bare] = prefix;
  return trimmed(withoutUser(mirrors[key]!)) + url.slice(bare.length);
}

const withoutUser = (url: string): string => url.replace(/^(https?:\/\/)[^/]*@/, '$1');

const trimmed = (url: string): string => url.replace(/\/+$/, '');
