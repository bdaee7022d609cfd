import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const below = (folder: string): readonly string[] =>
  readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
    .filter((path) => !path.includes('/node_modules/'));
const inTree = ['src', 'test', 'scripts', 'templates', 'docs', 'examples', 'bench', '.ci'].flatMap(below);
const there = new Set([...inTree, ...inTree.map((path) => dirname(path)), ...readdirSync(root)]);
const names = new Set([...there].map((path) => basename(path)));

const code = [...there].filter((path) => /\.(ts|mjs)$/.test(path));
const documents = [...there].filter((path) => path.endsWith('.md') && path !== 'CHANGELOG.md');

/** What of a text people read: all of a document, the comments of code. */
const readable = (path: string): string => {
  const text = readFileSync(root + path, 'utf8');
  return path.endsWith('.md')
    ? text
    : [...text.matchAll(/\/\*[\s\S]*?\*\/|(?:^|\s)\/\/.*$/gm)].map(([comment]) => comment).join('\n');
};

/** Files and folders of ours that a text names: `src/plan/step.ts`, `plan/step.ts`, `step.ts`, `src/plan/`. */
const namedIn = (text: string): readonly string[] => [
  ...[...text.matchAll(/(?<![\w./<*-])((?:[\w.-]+\/)*[\w-]+\.(?:ts|mjs|hbs))(?![\w(/])/g)].map(
    ([, name]) => name!,
  ),
  ...[...text.matchAll(/(?<![\w./-])((?:src|test|templates|scripts)\/(?:[a-z0-9-]+\/)*)(?![\w<{*A-Z])/g)].map(
    ([, name]) => name!.slice(0, -1),
  ),
];

/** What is made, and not kept. */
const isMade = (name: string): boolean => /^(build|dist|release)\//.test(name);

const isThere = (name: string): boolean =>
  isMade(name) ||
  (name.includes('/')
    ? there.has(name) || there.has(`src/${name}`) || there.has(`test/${name}`)
    : names.has(name));

test.each([
  ['comments', code],
  ['documents', documents],
] as const)('files that %s name are there', (_, paths) => {
  const missing = paths.flatMap((path) =>
    namedIn(readable(path))
      .filter((name) => !isThere(name))
      .map((name) => `${path} names ${name}`),
  );
  expect(missing).toEqual([]);
});

test('a name that leads nowhere is found', () => {
  expect(
    namedIn('see src/plan/step.ts, plan/step.ts, `step.ts` and src/plan/; not a.b.ts() nor NAME.ts'),
  ).toEqual(['src/plan/step.ts', 'plan/step.ts', 'step.ts', 'NAME.ts', 'src/plan']);
  expect(isThere('src/plan/step.ts') && isThere('plan/step.ts') && isThere('step.ts')).toBe(true);
  expect(isThere('plan/etcd-plan.ts') || isThere('etcd-plan.ts') || isThere('src/no-such-room')).toBe(false);
});
