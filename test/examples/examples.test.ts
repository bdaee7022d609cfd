import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { load } from 'js-yaml';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Inventory } from '../../src/inventory/inventory.js';
import { fleetJsonSchema, type JsonSchema, jsonSchema } from '../../src/inventory/json-schema.js';
import { readInventory } from '../../src/inventory/reading/read-inventory.js';
import { exampleNames, examples, filesBelow, renderedText } from './rendered.js';

const fileOf = (name: string): string => join(examples, name, 'cluster.yaml');

async function inventoryOf(name: string): Promise<Inventory> {
  const { inventory } = await readInventory(fileOf(name), { environment: { REGISTRY_PASSWORD: 'secret' } });
  return inventory;
}

function rewrite(directory: string, files: ReadonlyMap<string, string>): void {
  rmSync(directory, { recursive: true, force: true });
  for (const [path, text] of files) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
}

test.each(exampleNames)('%s renders to the files beside it', async (name) => {
  const rendered = renderedText(await inventoryOf(name));
  const directory = join(examples, name, 'expected');
  if (process.env.UPDATE_GOLDENS === '1') rewrite(directory, rendered);
  const expected = filesBelow(directory);
  expect([...rendered.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [path, text] of rendered) expect(text, path).toBe(expected.get(path));
});

test.each(exampleNames)('%s renders nothing that tells where it was rendered', async (name) => {
  const text = [...renderedText(await inventoryOf(name)).values()].join('\n');
  expect(text).not.toContain(examples);
  // A folder of every pod is called after what it holds.
  expect(text.replaceAll('/var/run/secrets/', '')).not.toContain('secret');
});

test('whoever changes a rendered file learns which one', async () => {
  const [path = ''] = renderedText(await inventoryOf('single-node')).keys();
  expect(path).toMatch(/^server\/etc\//);
});

const asSchema = (json: JsonSchema) => z.fromJSONSchema(json as Parameters<typeof z.fromJSONSchema>[0]);
const schema = asSchema(jsonSchema());
const ofFleets = asSchema(fleetJsonSchema());

test.each(exampleNames)('%s satisfies the schema that editors use', (name) => {
  const document = load(readFileSync(fileOf(name), 'utf8')) as { readonly kind: string };
  const { error } = (document.kind === 'Fleet' ? ofFleets : schema).safeParse(document);
  expect(error?.issues ?? []).toEqual([]);
});

test('the schema that editors use finds a field that does not exist', () => {
  const document = load(readFileSync(fileOf('single-node'), 'utf8')) as { spec: Record<string, unknown> };
  const wrong = { ...document, spec: { ...document.spec, kubernetesVersoin: 'v1.36.3' } };
  expect(schema.safeParse(wrong).success).toBe(false);
});
