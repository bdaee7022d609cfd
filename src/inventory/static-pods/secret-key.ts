import type { SecretSource } from './static-pod.js';
import { fillText, type TemplateValues } from './template.js';

/** Where a secret comes from on one host, its templates filled in. */
export type SecretOrigin =
  | { readonly from: 'file'; readonly file: string }
  | { readonly from: 'environment'; readonly name: string }
  | { readonly from: 'command'; readonly command: readonly string[] };

type Said = { readonly [Field in keyof SecretSource]?: SecretSource[Field] | undefined };

/**
 * Where a secret comes from on the host with these values; undefined where the inventory does not say it.
 * @throws TemplateProblem
 */
export function secretOrigin(
  {
    file,
    environment,
    command,
  }: Omit<Said, 'command'> & { command?: readonly (string | undefined)[] | undefined },
  values: TemplateValues,
): SecretOrigin | undefined {
  if (file !== undefined) return { from: 'file', file: fillText(file, values) };
  if (environment !== undefined) return { from: 'environment', name: environment };
  if (command === undefined) return undefined;
  return { from: 'command', command: command.map((word) => fillText(word ?? '', values)) };
}

/** Equal for what is the same secret. */
export const secretKey = (origin: SecretOrigin): string => JSON.stringify(origin);
