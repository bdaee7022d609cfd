import { isSecretName, isSecretVariable } from '../../secrets/secret-names.js';

/**
 * A configuration as it may stand in a ConfigMap, which every node and many a pod can read: without fields, flags and
 * variables that may be secrets. Who reads it there looks for how the cluster was made, and makes nothing from it.
 */
export function publicPart(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isSecretPair(item)).map(publicPart);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, one]) => !(isSecretName(name) && holdsText(one)))
      .map(([name, one]) => [name, name === 'extraEnvs' ? publicVariables(one) : publicPart(one)]),
  );
}

interface Pair {
  readonly name: string;
  readonly value: string;
}

const publicVariables = (variables: readonly Pair[]): readonly Pair[] =>
  variables.filter(({ name, value }) => !isSecretVariable(name, value));

/** A flag such as `{ name: oidc-client-secret, value: … }`. */
function isSecretPair(item: unknown): boolean {
  const { name, value } = (item ?? {}) as Partial<Pair>;
  return typeof name === 'string' && isSecretName(name) && holdsText(value);
}

/** Fields such as `authorization` hold further fields, which speak for themselves; `true` and `false` are no secrets. */
const holdsText = (value: unknown): boolean =>
  (typeof value === 'string' && value !== 'true' && value !== 'false') ||
  typeof value === 'number' ||
  (Array.isArray(value) && value.some(holdsText));
