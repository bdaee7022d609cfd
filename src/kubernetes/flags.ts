/** A flag without its dashes, and its value. */
export interface Flag {
  readonly name: string;
  readonly value: string;
}

/**
 * `defaults` without those that `overrides` names, then all of `overrides` in the user's order: a flag may be given
 * several times, and where a program takes only one it takes the last.
 */
export function overrideFlags(defaults: readonly Flag[], overrides: readonly Flag[]): readonly Flag[] {
  const overridden = new Set(overrides.map(({ name }) => name));
  return [...defaults.filter(({ name }) => !overridden.has(name)), ...overrides];
}

/** The name of a flag as programs of Kubernetes take it: underscores stand for dashes. */
export const flagName = (written: string): string => written.replaceAll('_', '-');

/** The last value of a flag, which is the one that counts; undefined when it is not given. */
export const lastValue = (flags: readonly Flag[], name: string): string | undefined =>
  flags.findLast((flag) => flag.name === name)?.value;

/** The same of flags as a user wrote them. */
export const lastGiven = (flags: readonly Flag[], name: string): string | undefined =>
  flags.findLast((flag) => flagName(flag.name) === name)?.value;

/** `--name=value` */
export const writeFlag = ({ name, value }: Flag): string => `--${name}=${value}`;

/** The flag in `--name=value`; a flag without a value has an empty one. */
export function readFlag(word: string): Flag {
  const [name = '', ...value] = word.replace(/^--/, '').split('=');
  return { name, value: value.join('=') };
}
