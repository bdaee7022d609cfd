import { YAMLException } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { readDocuments } from '../../src/inventory/addons/read-documents.js';
import { composeDocument } from '../../src/inventory/document/compose-document.js';
import { loadPatches } from '../../src/inventory/reading/load-patches.js';
import { readYaml } from '../../src/read-yaml.js';

/** Each line stands for nine times the one before it. */
const laughs = [
  'a0: &a0 [lol, lol]',
  ...Array.from({ length: 30 }, (_, line) => {
    const nine = Array.from({ length: 9 }, () => `*a${line}`).join(', ');
    return `a${line + 1}: &a${line + 1} [${nine}]`;
  }),
].join('\n');
const circle = 'a: &a\n  b: [*a]\n';
const modest = 'base: &base { size: 1, list: [1, 2, 3] }\n'.concat(
  Array.from({ length: 1000 }, (_, host) => `h${host}: { <<: *base, name: h${host} }`).join('\n'),
);
const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;

describe.each([
  [
    'a text of a few lines that means a billion values',
    laughs,
    'its aliases stand for more than anybody could mean',
  ],
  ['a value that contains itself', circle, 'an alias stands inside of its own anchor'],
  ['a list in a list, two hundred thousand times', deep, 'nesting exceeded maxDepth (100)'],
])('%s', (_title, text, reason) => {
  test('is no YAML of ours', () => {
    expect(() => readYaml(text)).toThrow(YAMLException);
    expect(() => readYaml(text)).toThrow(reason);
  });

  test('is refused as an addon', () => {
    expect(readDocuments(text)).toMatchObject({ reason });
  });

  test('is refused as a patch', () => {
    const files = {
      kind: (path: string) => (path === '/patches' ? ('directory' as const) : ('file' as const)),
      list: () => ['etcd.yaml'],
      read: () => text,
    };
    const { patches, findings } = loadPatches('/patches', files as never);
    expect(patches).toEqual([]);
    expect(findings[0]!.found).toContain(reason);
  });

  test('is refused as an inventory', () => {
    const { findings } = composeDocument(text);
    expect(findings.length).toBeGreaterThan(0);
  });
});

test('aliases as people use them are read', () => {
  expect(Object.keys(readYaml(modest) as object)).toHaveLength(1001);
  expect(composeDocument(modest).findings).toEqual([]);
  expect(readDocuments(modest)).toHaveLength(1);
});
