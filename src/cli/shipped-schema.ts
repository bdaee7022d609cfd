import { existsSync } from 'node:fs';
import { schemaFile } from '../inventory/json-schema.js';

/** The package's schema/ is two levels up, both from src/cli and from dist/cli. */
const beside = new URL(`../../schema/${schemaFile}`, import.meta.url);

/**
 * The schema that this very installation ships: there without a network, and of the right version. A podstrap that is one
 * file has none beside it.
 */
export const shippedSchema = (): string | undefined => (existsSync(beside) ? beside.href : undefined);
