/** What one host says of something. */
export interface Saying<T> {
  readonly host: string;
  /** Equal values have equal digests. Hex SHA-256. */
  readonly digest: string;
  readonly value: T;
}

export type Agreement<T> =
  | { readonly is: 'agreed'; readonly digest: string; readonly value: T; readonly hosts: readonly string[] }
  /** Some say something, and no value has a majority. */
  | { readonly is: 'divided'; readonly sayings: readonly Saying<T>[] }
  /** Nobody says anything. */
  | { readonly is: 'silent' };

/**
 * What control planes say: what more than half of all that the inventory lists say alike, whether the others were reached or
 * not. One host may say anything; so many together would have the cluster anyway. Pure.
 * @param listed all control planes of the inventory: what anybody else says does not count
 * @param accepted digests that the operator vouches for: one of them that is said at all is enough
 */
export function agree<T>(
  listed: readonly string[],
  said: readonly Saying<T>[],
  accepted: readonly string[] = [],
): Agreement<T> {
  const sayings = listed.flatMap((name) => said.find(({ host }) => host === name) ?? []);
  const [first] = sayings;
  if (first === undefined) return { is: 'silent' };
  const alike = (digest: string) => sayings.filter((one) => one.digest === digest);
  const believed =
    sayings.find(({ digest }) => accepted.includes(digest)) ??
    sayings.find(({ digest }) => alike(digest).length > listed.length / 2);
  if (believed === undefined) return { is: 'divided', sayings };
  const { digest, value } = believed;
  return { is: 'agreed', digest, value, hosts: alike(digest).map(({ host }) => host) };
}
