import { load, YAMLException } from 'js-yaml';

/**
 * The one document of a YAML text that somebody else may have written.
 * @throws YAMLException for what is no YAML, and for what aliases make endless or absurdly large
 */
export function readYaml(text: string): unknown {
  const value = load(text);
  requireModest(value, text);
  return value;
}

/** Values that a text may have beyond what is written in it, by way of aliases. */
const mostRepeated = 100_000;

/**
 * Refuses a value in which aliases stand for so much that nobody could walk through it: ten lines can mean a billion
 * values, and three that they contain themselves. In memory such a value is small, so it must be counted.
 * @param value what was read of `text`, in which the same object stands wherever an alias does
 * @throws YAMLException
 */
export function requireModest(value: unknown, text: string): void {
  const sizes = new Map<object, number | undefined>();
  const sizeOf = (one: unknown): number => {
    if (typeof one !== 'object' || one === null) return 1;
    if (sizes.has(one)) {
      const known = sizes.get(one);
      if (known === undefined) throw new YAMLException('an alias stands inside of its own anchor');
      return known;
    }
    sizes.set(one, undefined);
    let size = 1;
    for (const part of Object.values(one)) size += sizeOf(part);
    sizes.set(one, size);
    return size;
  };
  // Every value takes at least a character, but for those that a composed document has about it.
  if (sizeOf(value) > mostRepeated + 20 * text.length)
    throw new YAMLException('its aliases stand for more than anybody could mean');
}
