// Writes what the compiled definition of the inventory says: the JSON Schema for editors, which the package ships, and
// with `--docs` the field reference, which the repository carries. Runs behind tsc in `npm run build`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fieldReference } from '../dist/inventory/field-reference.js';
import { jsonSchema, schemaFile } from '../dist/inventory/json-schema.js';

const at = (path) => new URL(`../${path}`, import.meta.url);

mkdirSync(at('schema'), { recursive: true });
writeFileSync(at(`schema/${schemaFile}`), `${JSON.stringify(jsonSchema(), undefined, 2)}\n`);
if (process.argv.includes('--docs')) writeFileSync(at('docs/inventory.md'), fieldReference(jsonSchema()));
