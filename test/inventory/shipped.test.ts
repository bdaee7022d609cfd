import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { shippedSchema } from '../../src/cli/own-program.js';
import { everyField, nameOf } from '../../src/inventory/explain.js';
import { fieldReference, fleetReference } from '../../src/inventory/field-reference.js';
import {
  fleetJsonSchema,
  fleetSchemaFile,
  type JsonSchema,
  jsonSchema,
  schemaFile,
} from '../../src/inventory/json-schema.js';
import { readInventory } from '../../src/inventory/reading/read-inventory.js';
import { starterFleet } from '../../src/inventory/starter-fleet.js';
import { starterInventory } from '../../src/inventory/starter-inventory.js';
import { read } from './sample.js';

const root = resolve(import.meta.dirname, '../..');
const schemaLine = /^# yaml-language-server: \$schema=(.+)$/m;

describe('examples', () => {
  const names = readdirSync(resolve(root, 'examples'), { withFileTypes: true })
    .filter((entry) => existsSync(resolve(root, 'examples', entry.name, 'cluster.yaml')))
    .map(({ name }) => name);

  test.each(names)('%s is sound as it is in a checkout', async (name) => {
    const file = resolve(root, 'examples', name, 'cluster.yaml');
    const { inventory, warnings } = await readInventory(file, {
      environment: { REGISTRY_PASSWORD: 'secret' },
    });
    expect(warnings).toEqual([]);
    const [, schema] = schemaLine.exec(readFileSync(file, 'utf8'))!;
    const own = inventory.kind === 'Fleet' ? fleetSchemaFile : schemaFile;
    expect(resolve(dirname(file), schema!)).toBe(resolve(root, 'schema', own));
  });

  test('are the seven that the README names', () => {
    expect(names).toEqual([
      'behind-a-bastion',
      'fleet',
      'own-certificate-authority',
      'own-static-pods',
      'private-registry',
      'single-node',
      'three-control-planes',
    ]);
  });
});

test('the starter inventory of a fleet is sound as it is', () => {
  const { inventory, warnings } = read(starterFleet({ name: 'shops', schema: 'schema/x.json' }));
  expect(warnings).toEqual([]);
  expect([inventory.kind, inventory.metadata.name]).toEqual(['Fleet', 'shops']);
});

describe('the starter inventory', () => {
  const text = starterInventory({ name: 'prod', schema: 'schema/x.json' });

  test('is sound as it is', () => {
    const { inventory, warnings } = read(text);
    expect(warnings).toEqual([]);
    expect(inventory.metadata.name).toBe('prod');
    expect(schemaLine.exec(text)?.[1]).toBe('schema/x.json');
  });

  test('is sound with all its suggestions taken', () => {
    const suggested = text.replace(/^( *)# (?=( *)(- \{|[a-zA-Z]+: ?(?![a-z ]*$)|[a-zA-Z]+:$))/gm, '$1');
    const { inventory } = read(suggested);
    expect(inventory.spec.hosts.map((host) => host.name)).toEqual(['cp-1', 'cp-2', 'cp-3', 'w-1']);
    expect(inventory.spec.kubelet.config).toEqual({ maxPods: 200 });
  });

  test('names by default a schema that lies in this package', () => {
    expect(shippedSchema(schemaFile)).toBe(new URL(`schema/${schemaFile}`, `file://${root}/`).href);
  });
});

describe('the schema', () => {
  const undescribed = (schema: JsonSchema, path: string): string[] =>
    Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [
      ...(field.description ? [] : [`${path}.${name}`]),
      ...undescribed(field, `${path}.${name}`),
      ...undescribed(field.items ?? {}, `${path}.${name}[]`),
      ...(typeof field.additionalProperties === 'object'
        ? undescribed(field.additionalProperties, `${path}.${name}.*`)
        : []),
    ]);

  test('describes every field', () => {
    expect(undescribed(jsonSchema(), '')).toEqual([]);
    expect(undescribed(fleetJsonSchema(), '')).toEqual([]);
  });

  test('asks for no field that has a default, and allows no unknown one', () => {
    const { spec } = jsonSchema().properties!;
    expect(spec).toMatchObject({ required: ['kubernetesVersion', 'hosts'], additionalProperties: false });
  });

  test('and the field references in the docs are the same', () => {
    const docs = (name: string) => readFileSync(resolve(root, 'docs', name), 'utf8');
    expect(docs('inventory.md')).toBe(fieldReference(jsonSchema()));
    expect(docs('fleet-inventory.md')).toBe(fleetReference(fleetJsonSchema(), jsonSchema()));
  });

  test('of a fleet has every field in its reference, or in that of a cluster', () => {
    const [own, other] = [fleetReference(fleetJsonSchema(), jsonSchema()), fieldReference(jsonSchema())];
    for (const field of everyField(fleetJsonSchema()))
      if (nameOf(field) !== '*') expect(own + other, field.path).toContain(`| \`${nameOf(field)}\` |`);
  });

  test('is not committed, since the build makes it', () => {
    expect(readFileSync(resolve(root, '.gitignore'), 'utf8')).toContain('schema/');
    expect(existsSync(resolve(root, 'scripts/schema.mjs'))).toBe(true);
  });
});
