import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { program } from '../../src/cli/program.js';
import { sourceFiles } from '../architecture/source-files.js';
import { callsOf, documents, linksOf, root } from './documents.js';

const all = [...documents].map(([path, text]) => ({ path, text }));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

/** The command line with nothing behind it: it takes words or refuses them. */
function deaf(command: Command): Command {
  command.exitOverride().configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
  // A command may do something by itself and have others below it.
  if (command.parent !== null || command.commands.length === 0) command.action(() => undefined);
  for (const each of command.commands) deaf(each);
  return command;
}

describe.each(all)('$path', ({ path, text }) => {
  const calls = callsOf('podstrap', text);

  test.each(calls.map((words) => words.join(' ')))('podstrap %s is a command line', async (words) => {
    const wrong = await deaf(program())
      .parseAsync(words.split(' '), { from: 'user' })
      .then(
        () => undefined,
        (error: { code: string; message: string }) =>
          /help|version/.test(error.code) ? undefined : error.message,
      );
    expect(wrong).toBeUndefined();
  });

  test('names only scripts that package.json has', () => {
    const names = callsOf('npm run', text).map((words) => words.find((word) => !word.startsWith('-')));
    expect(names.filter((name) => name === undefined || !(name in scripts))).toEqual([]);
  });

  test('links to what is there', () => {
    const broken = linksOf(text).filter((target) => !existsSync(resolve(root, dirname(path), target)));
    expect(broken).toEqual([]);
  });
});

test('a command line that does not exist is found', async () => {
  const parse = (...words: readonly string[]) => deaf(program()).parseAsync([...words], { from: 'user' });
  await expect(parse('plan', '--no-such-flag')).rejects.toThrow('unknown option');
  await expect(parse('plna')).rejects.toThrow('unknown command');
  await expect(parse('render')).rejects.toThrow('not specified');
});

test('the page of commands has a row for every command, and no other', () => {
  const rows = [...read('docs/commands.md').matchAll(/^\| `podstrap (\w+)[^|]*\|/gm)].map(([, name]) => name);
  // A shell asks the second one.
  const hidden = ['help', 'complete'];
  const names = program()
    .commands.map((command) => command.name())
    .filter((name) => !hidden.includes(name));
  expect(rows.sort()).toEqual(names.sort());
});

test('the page of the source says why each package is there that the code imports', () => {
  const section = /## Dependencies[\s\S]*/.exec(read('docs/source.md'))![0];
  const rows = [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name!);
  const packageOf = (specifier: string) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)![0];
  const imported = sourceFiles()
    .flatMap(({ imports }) => imports.map(({ from }) => from))
    .filter((from) => !from.startsWith('node:') && !from.endsWith('.ts'))
    .map(packageOf);
  expect(rows.sort()).toEqual([...new Set(imported)].sort());
});

test('the map of the source has every room', () => {
  const rooms = [...new Set(sourceFiles().map(({ room }) => room))].filter((room) => room !== '');
  const map = /## Map of the source[\s\S]*?(?=\n## )/.exec(read('docs/source.md'))![0];
  expect(rooms.filter((room) => !map.includes(`\`src/${room}/\``))).toEqual([]);
});

test('the README has 1,500 words at most', () => {
  expect(read('README.md').split(/\s+/).length).toBeLessThanOrEqual(1500);
});

/** Values of a field whose types are written out in a source file, such as `action('write-file'`. */
const literals = (file: string, pattern: RegExp): readonly string[] =>
  [...new Set([...read(file).matchAll(pattern)].map(([, value]) => value!))].sort();

test.each([
  { what: 'action', file: 'src/plan/action.ts', pattern: /^ {2}action\('([^']+)'/gm },
  { what: 'event', file: 'src/events.ts', pattern: /readonly event: '([^']+)'/g },
  { what: 'kind of failure', file: 'src/failure.ts', pattern: /^ {2}\| '([^']+)'/gm },
])('docs/plan-format.md describes every $what', ({ file, pattern }) => {
  const values = literals(file, pattern);
  expect(values.length).toBeGreaterThan(4);
  expect(values.filter((value) => !read('docs/plan-format.md').includes(`| \`${value}\` |`))).toEqual([]);
});
