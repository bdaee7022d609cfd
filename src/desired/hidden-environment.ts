import { type Secret, withoutCredentials } from '../secret.js';
import { withoutKnown } from '../secrets/mask-secrets.js';
import { isSecretName, noValue } from '../secrets/secret-names.js';

/** A unit, and the variables of it that only root may read. */
export interface HiddenEnvironment {
  readonly unit: string;
  /** The text of the EnvironmentFile; undefined where no variable holds a credential, and the unit is as it was. */
  readonly variables: string | undefined;
}

/**
 * Takes variables with credentials out of a unit and into a file of their own: whoever may log in on a host can ask systemd for
 * the variables of a unit, whatever the mode of its file. A word that only systemd could expand stays where it is. Pure.
 * @param file path of the file
 * @param hiddenTexts texts that are secrets wherever they stand
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#EnvironmentFile=
 */
export function hiddenEnvironment(
  unit: string,
  file: string,
  hiddenTexts: readonly Secret[] = [],
): HiddenEnvironment {
  const known = hiddenTexts.map((secret) => secret.reveal());
  const hidden: string[] = [];
  // A line that ends in a backslash goes on.
  const settings = unit.split(/(?<!\\)\n/).flatMap((setting) => {
    const [, lead, words] = /^(Environment\s*=)([\s\S]*)$/.exec(setting) ?? [];
    if (lead === undefined) return [setting];
    const found = [...words!.matchAll(word)].map(([text]) => ({ text, literal: literalOf(text) }));
    const secret = found.filter(({ literal }) => literal !== undefined && holdsCredential(literal, known));
    if (secret.length === 0) return [setting];
    const first = hidden.length === 0 ? [`EnvironmentFile=-${file}`] : [];
    hidden.push(...secret.map(({ literal }) => fileLine(literal!)));
    const kept = found.filter((one) => !secret.includes(one)).map(({ text }) => text);
    return kept.length === 0 ? first : [`${lead}${kept.join(' ')}`, ...first];
  });
  return hidden.length === 0
    ? { unit, variables: undefined }
    : { unit: settings.join('\n'), variables: `${hidden.join('\n')}\n` };
}

/** Words of an assignment: quoted as a whole, in part, or not at all. */
const word = /(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\[^\n]|[^\s"'\\])+/g;

/** What systemd makes of a word; undefined where that depends on the host, or is an escape of another kind. */
function literalOf(text: string): string | undefined {
  const plain = text.replace(
    /"((?:[^"\\]|\\.)*)"|'([^']*)'/g,
    (_, double?: string, single?: string) => double ?? single ?? '',
  );
  const escapes = [...plain.matchAll(/\\([\s\S]?)/g)].map(([, character]) => character!);
  if (escapes.some((character) => !['"', "'", '\\'].includes(character))) return undefined;
  if (/%/.test(plain.replaceAll('%%', ''))) return undefined;
  return plain.replaceAll(/\\(["'\\])/g, '$1').replaceAll('%%', '%');
}

function holdsCredential(assignment: string, known: readonly string[]): boolean {
  const [, name, value] = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(assignment) ?? [];
  if (name === undefined || value === undefined) return false;
  return (
    withoutCredentials(value) !== value ||
    withoutKnown(value, known) !== value ||
    (isSecretName(name) && !noValue.test(value))
  );
}

/** One line of the file, in double quotes, within which a backslash takes what follows as it is. */
function fileLine(assignment: string): string {
  const at = assignment.indexOf('=');
  const value = assignment.slice(at + 1).replaceAll(/["\\`$]/g, '\\$&');
  return `${assignment.slice(0, at)}="${value}"`;
}
