// Writes what the compiled definitions say: the JSON Schemas of the inventory, for editors, and of all that `-o json`
// prints, for scripts, which the package ships, and with `--docs` the references, which the repository carries. Runs
// behind tsc in `npm run build`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { documentReference } from '../build/cli/documents/reference.js';
import { documentSchemaFile, documentSchemas } from '../build/cli/documents/schemas.js';
import { fieldReference, fleetReference } from '../build/inventory/field-reference.js';
import { fleetJsonSchema, fleetSchemaFile, jsonSchema, schemaFile } from '../build/inventory/json-schema.js';

const at = (path) => new URL(`../${path}`, import.meta.url);

mkdirSync(at('schema'), { recursive: true });
const documents = documentSchemas();
const schemas = {
  [schemaFile]: jsonSchema(),
  [fleetSchemaFile]: fleetJsonSchema(),
  ...Object.fromEntries([...documents].map(([kind, schema]) => [documentSchemaFile(kind), schema])),
};
for (const [file, schema] of Object.entries(schemas))
  writeFileSync(at(`schema/${file}`), `${JSON.stringify(schema, undefined, 2)}\n`);
if (process.argv.includes('--docs')) {
  writeFileSync(at('docs/inventory.md'), fieldReference(jsonSchema()));
  writeFileSync(at('docs/fleet-inventory.md'), fleetReference(fleetJsonSchema(), jsonSchema()));
  writeFileSync(at('docs/json.md'), documentReference(documents));
}
