import { apiMinors, apiTypes } from './known-api-types.js';
import { knownFlags, knownGates, knownMinors } from './known-flags.js';
import { knownTypes } from './known-types.js';

/** A program whose flags are known. */
export type FlaggedProgram = keyof typeof knownFlags;
/** A type whose fields are known, such as `Pod` or `KubeletConfiguration`. */
export type TypeName = keyof typeof types;

const types = { ...knownTypes, ...apiTypes };

const cache = new Map<string, ReadonlyMap<string, string>>();

/** What a minor knows of such a table: name → what stands behind its colon. */
function known(key: string, table: string, minor: number): ReadonlyMap<string, string> {
  const cached = cache.get(`${key} ${minor}`);
  if (cached !== undefined) return cached;
  const made = new Map(
    table
      .trim()
      .split(/\s+/)
      .flatMap((word): (readonly [string, string])[] => {
        const [, name, is = '', from, to] = /^([^:@]+)(?::([^@]+))?(?:@(\d*)-(\d*))?$/.exec(word)!;
        const fits = minor >= Number(from || 0) && minor <= Number(to || Infinity);
        return fits ? [[name!, is]] : [];
      }),
  );
  cache.set(`${key} ${minor}`, made);
  return made;
}

/** Whether the tables of flags, feature gates and configurations tell of this minor: of another nothing can be called unknown. */
export const isKnownMinor = (minor: number): boolean => knownMinors.includes(minor);

/** Whether a value of a type can be held against what this minor knows of it. */
export const knowsType = (type: TypeName, minor: number): boolean =>
  (Object.hasOwn(apiTypes, type) ? apiMinors : knownMinors).includes(minor);

/** The flags that a program of this minor takes, without their dashes. */
export const flagsOf = (program: FlaggedProgram, minor: number): ReadonlySet<string> =>
  new Set(known(program, knownFlags[program], minor).keys());

/** The feature gates that this minor's programs know. */
export const gatesOf = (minor: number): ReadonlySet<string> =>
  new Set(known('gates', knownGates, minor).keys());

/** The fields of a type in this minor, each with its own type. */
export const fieldsOf = (type: TypeName, minor: number): ReadonlyMap<string, string> =>
  known(`type ${type}`, types[type], minor);

/** Whether a word in the table of types is a type with fields. */
export const isTypeName = (word: string): word is TypeName => Object.hasOwn(types, word);
