import { runInThisContext } from 'node:vm';
import fc from 'fast-check';
import { load } from 'js-yaml';
import { expect, test } from 'vitest';
import { compileTemplate, precompileTemplate } from '../../src/desired/compile-template.js';
import { templateEngine } from '../../src/desired/template-engine.js';

test.each([['{{x}}'], ['{{yaml x}}'], ['{{flag "f" x}}'], ['{{#if x}}a{{/if}}'], ['{{#each x}}a{{/each}}']])(
  'an unknown name in %s is an error',
  (source) => {
    expect(() => compileTemplate(source)({ y: 1 })).toThrow();
  },
);

test('an unknown helper is an error', () => {
  expect(() => compileTemplate('{{shout x}}')({ x: 1 })).toThrow();
});

test.each([
  '$(id)',
  '`id`',
  'a b',
  'a\nb',
  "a'b",
  'a"b',
  'a;b',
  'a|b',
  'a&b',
  '#a',
  '{{x}}',
  'é',
  '\u001b[2K',
])('the text %j is more than plain: it takes a helper to write it', (x) => {
  expect(() => compileTemplate('{{x}}')({ x })).toThrow(/more than plain text/);
  expect(() => compileTemplate('{{#if x}}{{#each y}}{{this}}{{/each}}{{/if}}')({ x: 1, y: [x] })).toThrow();
  expect(compileTemplate('{{word x}}')({ x })).toBe(`'${x.replaceAll("'", "'\\''")}'`);
});

test('whatever text a value holds, YAML reads it back as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      const text = compileTemplate('- {{yaml x}}\n- {{flag "name" x}}\n')({ x: value });
      expect(load(text)).toEqual([value, `--name=${value}`]);
    }),
  );
});

test.each([
  ['{{x}} {{yaml y}} {{flag "f" y}} {{word y}}'],
  ['{{#if x}}a{{#each list}}{{yaml this}}{{/each}}{{else}}b{{/if}}'],
  ['{{absent}}'],
  ['{{y}}'],
])('%s does the same in a build, where it is compiled already', (source) => {
  const expression = precompileTemplate(source);
  const built = templateEngine().template(runInThisContext(`(${expression})`));
  const outcome = (fill: (values: Record<string, unknown>) => string) => {
    try {
      return fill({ x: 1, y: 'a "b" $(c)', list: ['<', "'"] });
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(outcome(built)).toBe(outcome(compileTemplate(source)));
});
