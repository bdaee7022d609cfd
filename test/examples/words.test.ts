import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sourceFiles } from '../architecture/source-files.js';
import { documents, root } from './documents.js';

/** What people would have to read twice, and what says it in the words of the field. */
const instead: ReadonlyArray<readonly [RegExp, string]> = [
  [/\bsigns? of life\b/, 'heartbeat'],
  [/\bliving clusters?\b|\bcluster that lives\b/, 'live cluster'],
  [/\bmade anew\b|\bmakes? \w+ anew\b|\bstarts? \w+ anew\b/, 'created or started again'],
  [/\b(data|configuration|state|lock) of (now|before|then)\b/, 'current or previous'],
  [/\b(is|are|was|were) born\b/, 'new, created'],
  [/\bknows? a leader\b/, 'has a leader'],
  [/\bis at work\b/, 'is running, holds the lock, is active'],
  [/\bat hand\b/, 'current'],
  [/\bno such (field|gate|flag): /, 'leave it out'],
  [/\bfor want of\b/, 'without'],
  [/\b(this|that) very (roll-out|run)\b/, 'this roll-out, the same roll-out'],
  [/\bby hand of\b|\bin hand of\b/, 'by'],
];

const examples = readdirSync(join(root, 'examples'), { recursive: true, encoding: 'utf8' })
  .filter((path) => !path.includes('expected') && /(\.ya?ml|\.md)$/.test(path))
  .map((path) => [`examples/${path}`, readFileSync(join(root, 'examples', path), 'utf8')] as const);

const security = ['SECURITY.md', readFileSync(join(root, 'SECURITY.md'), 'utf8')] as const;

/** What string and template literals hold, as one text; comments are for those who read the source. */
const literals = (text: string): string =>
  [
    ...text
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .replace(/(^|\s)\/\/.*$/gm, '')
      .matchAll(/'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g),
  ]
    .map(([literal]) => literal)
    .join('\n');

const texts = [
  ...documents,
  security,
  ...examples,
  ...sourceFiles().map(({ path, text }) => [`src/${path}`, literals(text)] as const),
];

const found = (text: string): readonly string[] =>
  instead.flatMap(([words, better]) => {
    const match = words.exec(text);
    return match === null ? [] : [`"${match[0]}": ${better}`];
  });

describe('messages, help and pages are in the words of the field', () => {
  test('a word that is none of them is found', () => {
    expect(found('the lock shows a sign of life')).toEqual(['"sign of life": heartbeat']);
    expect(found(literals("// a living cluster\nconst a = 'a living cluster';"))).toHaveLength(1);
    expect(found(literals('// a living cluster\n/* made anew */'))).toEqual([]);
  });

  test('nothing that people read has one', () => {
    const all = texts.flatMap(([path, text]) => found(text).map((one) => `${path}: ${one}`));
    expect(all).toEqual([]);
  });
});
