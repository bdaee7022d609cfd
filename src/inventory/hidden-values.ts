import { withoutCredentials } from '../secret.js';
import { isSecretName, plainValue } from '../secrets/secret-names.js';
import { isSecret } from './is-secret.js';
import type { Path } from './path.js';

/** A place in an inventory that a variable of the environment fills, alone or as a part of its text. */
export interface VariableUse {
  readonly name: string;
  readonly value: string;
  readonly path: Path;
  /** The whole text there. */
  readonly text: string;
  /** True where the schema says nothing of what may stand there. */
  readonly isFree: boolean;
}

/** Shorter texts stand in too many others by chance. */
const shortest = 6;

/**
 * The values of variables that may be secrets, which nobody is to see wherever they turn up. Any may be one that has the name of
 * a secret, or that fills a place where a secret can stand: a free setting, a setting of a unit, the value of a flag or of a variable, a password, the
 * user of a URL. What also names something, such as a host or a version, is shown by that field anyway. Pure.
 */
export function hiddenValues(uses: readonly VariableUse[]): readonly string[] {
  const values = new Set<string>();
  for (const { name, value } of uses) {
    const same = uses.filter((use) => use.value === value);
    const mayHide = isSecretName(name) || same.every(canBeSecret);
    if (mayHide && value.length >= shortest && !plainValue.test(value)) values.add(value);
  }
  // As they stand in YAML, a unit or a diff: line for line.
  return [...values].flatMap((value) => {
    const lines = value.split(/\r?\n/).filter((line) => line.length >= shortest);
    return [...new Set([value, ...lines])];
  });
}

const canBeSecret = ({ path, text, isFree }: VariableUse): boolean => {
  const key = path.findLast((step) => typeof step === 'string') ?? '';
  // What stands in a unit may be a variable of its program.
  const isInUnit = path.includes('unit');
  return (
    isFree ||
    isInUnit ||
    key === 'value' ||
    isSecret(path) ||
    isSecretName(key) ||
    withoutCredentials(text) !== text
  );
};
