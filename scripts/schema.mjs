// Writes what the compiled definitions say: the JSON Schemas of the inventory, for editors, and of plans, for scripts,
// which the package ships, and with `--docs` the field reference, which the repository carries. Runs behind tsc in
// `npm run build`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fieldReference } from '../build/inventory/field-reference.js';
import { jsonSchema, schemaFile } from '../build/inventory/json-schema.js';
import { planJsonSchema, planSchemaFile } from '../build/plan/plan-document.js';

const at = (path) => new URL(`../${path}`, import.meta.url);

mkdirSync(at('schema'), { recursive: true });
const schemas = { [schemaFile]: jsonSchema(), [planSchemaFile]: planJsonSchema() };
for (const [file, schema] of Object.entries(schemas))
  writeFileSync(at(`schema/${file}`), `${JSON.stringify(schema, undefined, 2)}\n`);
if (process.argv.includes('--docs')) writeFileSync(at('docs/inventory.md'), fieldReference(jsonSchema()));
