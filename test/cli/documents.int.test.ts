import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { documentSchemaFile } from '../../src/cli/documents/schemas.js';
import { startWorld, type World } from '../failures/world.js';
import { type Desk, everyCommand } from './every-command.js';

let world: World;
beforeAll(async () => {
  world = await startWorld(1);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  await writeFile(join(world.directory, 'bundle.key'), key, { mode: 0o600 });
});
afterAll(() => world.close());

interface Document {
  readonly apiVersion: string;
  readonly kind: string;
  readonly event?: string;
  readonly items?: readonly { readonly run: string }[];
}

/** What was printed: documents over several lines, or one a line. @throws SyntaxError where anything else is there */
const documentsIn = (text: string): readonly Document[] =>
  text
    .split(/^(?=\{)/m)
    .filter((one) => one.trim() !== '')
    .map((one) => JSON.parse(one) as Document);

const schemas = new Map<string, z.ZodType>();

/** The schema of a kind that the package ships. */
function shipped(kind: string): z.ZodType {
  const file = resolve(import.meta.dirname, '../../schema', documentSchemaFile(kind));
  const read = () =>
    z.fromJSONSchema(JSON.parse(readFileSync(file, 'utf8')) as Parameters<typeof z.fromJSONSchema>[0]);
  const schema = schemas.get(kind) ?? read();
  schemas.set(kind, schema);
  return schema;
}

let run = '';
const desk = (): Desk => ({ directory: world.directory, run });

test.each(everyCommand.map((one) => [one.words({ directory: '', run: 'RUN' }).join(' '), one] as const))(
  'podstrap -o json %s prints documents as their schemas say, and nothing else',
  async (_line, { words, prints, code }) => {
    const typed = words(desk());
    const inventory = typed.includes('-f') ? [] : ['-f', world.file];
    const ended = await world.own(['-o', 'json', ...inventory, ...typed]);
    expect(ended.code, `${ended.stdout}${ended.stderr}`).toBe(code);
    const documents = documentsIn(ended.stdout);
    const last = documents.at(-1)!;
    expect(last.event ?? last.kind).toBe(prints);
    for (const document of documents) {
      // What is printed as a kubeconfig is one, in kubectl's own words.
      if (document.kind === 'Config') expect(document.apiVersion).toBe('v1');
      else {
        const { error } = shipped(document.kind).safeParse(document);
        expect(error?.issues ?? [], JSON.stringify(document)).toEqual([]);
      }
      if (document.kind === 'RunList') run = document.items?.[0]?.run ?? run;
    }
  },
);

test('what no schema describes is found', () => {
  const head = { apiVersion: 'podstrap.io/v1alpha1', kind: 'InventoryFile', file: 'cluster.yaml' };
  expect(shipped('InventoryFile').safeParse(head).success).toBe(true);
  expect(shipped('InventoryFile').safeParse({ ...head, more: 1 }).success).toBe(false);
  const event = { apiVersion: head.apiVersion, kind: 'Event', event: 'warning', message: 'x' };
  expect(shipped('Event').safeParse(event).success).toBe(false);
  expect(shipped('Event').safeParse({ ...event, at: '2026-05-01T10:15:00Z' }).success).toBe(true);
});
