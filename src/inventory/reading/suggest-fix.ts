import type { z } from 'zod';
import type { Path } from '../path.js';
import { inventorySchema } from '../schema.js';

/** Rewritings that undo the usual slips. */
const rewritings: readonly ((text: string) => string)[] = [
  (text) => text.trim(),
  (text) => text.replace(/^-+/, '').replace(/=.*$/, ''),
  (text) => text.replace(/^[a-z]+:\/\//, '').replace(/\/+$/, ''),
  (text) => text.replace(/^[^@]*@/, ''),
  (text) => text.toLowerCase().replaceAll('_', '-'),
  (text) => text.replace(/^(?=\d+\.\d+\.\d+(?![\d.]))/, 'v'),
  (text) => text.replace(/^v(?=\d)/, ''),
  (text) => text.replace(/^v?(\d+\.\d+)$/, 'v$1.0'),
  (text) => text.replace(/^(?=[\w.-]+\.\w+(:\d+)?(\/|$))/, 'https://'),
];

/** Why `text` is not fit for the field at `path`, in the words of its check; undefined when it is. */
export function judge(path: Path, text: string): string | undefined {
  const result = definitionAt(path)?.safeParse(text);
  return result?.error?.issues[0]?.message;
}

/** `did you mean "cp-1"?` when one small rewriting of the text makes it fit for its field, or of a key for its record. */
export function suggestFix(path: Path, text: string, what: 'value' | 'key' = 'value'): string | undefined {
  const field = definitionAt(what === 'key' ? path.slice(0, -1) : path);
  const definition = what === 'key' && field?.def.type === 'record' ? keyOf(field) : field;
  if (text === '' || definition === undefined) return undefined;
  const fit = rewritings
    .map((rewrite) => rewrite(text))
    .find((candidate) => candidate !== text && definition.safeParse(candidate).success);
  return fit === undefined ? undefined : `did you mean ${JSON.stringify(fit)}?`;
}

type Definition = z.ZodType & { readonly def: z.core.$ZodTypeDef };

const definitionAt = (path: Path): Definition | undefined =>
  path.reduce<Definition | undefined>(
    (parent, step) => parent && childOf(parent, step),
    bare(inventorySchema),
  );

function childOf(parent: Definition, step: string | number): Definition | undefined {
  const { def } = parent as unknown as { def: Record<string, unknown> & { type: string } };
  if (def.type === 'array') return bare(def.element as Definition);
  if (def.type === 'record') return bare(def.valueType as Definition);
  const child = def.type === 'object' ? (def.shape as Record<string, Definition>)[step] : undefined;
  return child && bare(child);
}

const keyOf = (record: Definition): Definition => (record.def as unknown as { keyType: Definition }).keyType;

/** Without the wrappers that only say what happens when the field is absent. */
function bare(definition: Definition): Definition {
  const { def } = definition as { def: { type: string; innerType?: Definition } };
  return def.innerType === undefined ? definition : bare(def.innerType);
}
