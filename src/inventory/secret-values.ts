import { isSecretName } from '../secrets/secret-names.js';
import { isSecret } from './is-secret.js';
import type { Path } from './path.js';

/** What stands where a secret was. */
export const takenOut = '[taken out]';

/** The name of a secret within a text, with what follows. */
const secretWord =
  /(passw(or)?d|passphrase|secret|token|credentials?|api[-_]?key|access[-_]?key|authorization|bearer)["']?\s{0,4}[:= ]["']?[^\s"',;}]/i;
const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
/** https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1 */
const userInfo = /([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@"']{1,2000}@/gi;
/** What a setting of such a name may be without being the secret itself: a switch, or where it lies. */
const harmless = /^(true|false|\/[\w./-]*)?$/;
/** Where a JSON patch puts the value of a variable. */
const variablePath = /\/env\/[^/]+\/value$/;

/**
 * A document of an inventory, or a patch of its, without what is or may be a secret: what follows goes where others can
 * read it. It rather takes out too much: values of environment variables, whatever is called a password, a token or the
 * like, who one is in URLs, and texts that hold any of that. A variable that the inventory has replaced is only a name
 * there, and stays. Pure.
 * @param variables names that the inventory lists in `environment`
 */
export const withoutSecretValues = (document: unknown, variables: readonly string[]): unknown =>
  without(document, [], variables);

function without(value: unknown, path: Path, variables: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item, index) => without(item, [...path, index], variables));
  if (typeof value !== 'object' || value === null) return scalar(value, path, variables);
  const holds = holdsSecret(value, path);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      holds && key === 'value' && typeof item !== 'object'
        ? hidden(item, variables)
        : without(item, [...path, key], variables),
    ]),
  );
}

/** A pair of name and value, or an operation of a JSON patch, whose value is a secret, or may be one. */
function holdsSecret(pair: object, path: Path): boolean {
  const { name, value, path: target } = pair as Readonly<Record<string, unknown>>;
  if (typeof target === 'string' && variablePath.test(target)) return true;
  if (typeof name !== 'string') return false;
  return isEnvironment(path) || (isSecretName(name) && !harmless.test(String(value)));
}

/** A list of variables of a container, in the inventory, in a patch, or as what a JSON patch puts there. */
const isEnvironment = (path: Path): boolean => {
  const names = path.filter((step) => typeof step === 'string');
  return names.at(-1) === 'env' || names.at(-1) === 'extraEnvs' || names.at(-1) === 'value';
};

function scalar(value: unknown, path: Path, variables: readonly string[]): unknown {
  const key = path.findLast((step) => typeof step === 'string') ?? '';
  const isTold = isSecret(path) || key === 'Environment' || isSecretName(key);
  // Numbers and switches of such a name are limits and the like.
  if (typeof value !== 'string') return value;
  if (isTold && !harmless.test(value)) return hidden(value, variables);
  if (privateKey.test(value) || secretWord.test(value)) return hidden(value, variables);
  return value.replace(userInfo, (all, scheme: string) =>
    isNamed(all.slice(scheme.length, -1), variables) ? all : `${scheme}${takenOut}@`,
  );
}

const hidden = (value: unknown, variables: readonly string[]): unknown =>
  typeof value === 'string' && isNamed(value, variables) ? value : takenOut;

/** True of a text that is made of variables alone. */
const isNamed = (text: string, variables: readonly string[]): boolean =>
  text
    .replaceAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (all, name: string) =>
      variables.includes(name) ? '' : all,
    )
    .replaceAll(':', '') === '';

/** What secrets were taken out of, with those put back that are known. */
export interface PutBack {
  readonly document: unknown;
  /** Where one was put back. */
  readonly taken: readonly Path[];
  /** Where one is missing. */
  readonly missing: readonly Path[];
}

/**
 * Puts secrets back from another document, wherever the two say the same but for the secret. Things of lists are matched by
 * their names, where they have any. Pure.
 */
export function withSecretValues(document: unknown, known: unknown, variables: readonly string[]): PutBack {
  const taken: Path[] = [];
  const missing: Path[] = [];
  const put = (value: unknown, other: unknown, otherSafe: unknown, path: Path): unknown => {
    if (typeof value === 'string' && value.includes(takenOut)) {
      const isKnown = value === otherSafe && value !== other;
      (isKnown ? taken : missing).push(path);
      return isKnown ? other : value;
    }
    if (Array.isArray(value))
      return value.map((item, index) => {
        const at = placeIn(other, item, index);
        return put(item, itemAt(other, at), itemAt(otherSafe, at), [...path, index]);
      });
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        put(item, fieldOf(other, key), fieldOf(otherSafe, key), [...path, key]),
      ]),
    );
  };
  return { document: put(document, known, withoutSecretValues(known, variables), []), taken, missing };
}

const itemAt = (list: unknown, at: number): unknown => (Array.isArray(list) ? list[at] : undefined);

const fieldOf = (map: unknown, key: string): unknown =>
  typeof map === 'object' && map !== null && Object.hasOwn(map, key)
    ? (map as Readonly<Record<string, unknown>>)[key]
    : undefined;

function placeIn(list: unknown, item: unknown, index: number): number {
  const name = fieldOf(item, 'name');
  if (name === undefined || !Array.isArray(list)) return index;
  return list.findIndex((one) => fieldOf(one, 'name') === name);
}
