import { describe, expect, test } from 'vitest';
import { fillScalar, fillText, TemplateProblem } from '../../../src/inventory/static-pods/template.js';

const values = {
  values: {
    port: 8080,
    on: true,
    name: 'web',
    list: ['a', 'b'],
    map: { x: 1 },
    evil: '\nimage: evil',
    zero: 0,
  },
  host: { name: 'shop-1', labels: { 'example.com/ring': 'canary' } },
};

describe('a text of a manifest', () => {
  test.each([
    ['plain', 'plain'],
    ['{{values.port}}', 8080],
    ['{{ values.on }}', true],
    ['{{values.zero}}', 0],
    [':{{values.port}}', ':8080'],
    ['{{host.name}}-{{values.name}}', 'shop-1-web'],
    ['{{host.labels.[example.com/ring]}}', 'canary'],
    ['{{default values.missing 5}}', 5],
    ['{{default values.port 5}}', 8080],
    ['{{join values.list ";"}}', 'a;b'],
    ['{{json values.map}}', '{"x":1}'],
    ['{{base64 values.name}}', 'd2Vi'],
    ['{{upper values.name}}', 'WEB'],
    ['{{#if values.on}}yes{{else}}no{{/if}}', 'yes'],
    ['{{#unless (eq values.name "web")}}other{{/unless}}', ''],
    ['{{#each values.list}}{{@index}}{{this}} {{/each}}', '0a 1b '],
    ['{{! said by nobody }}x', 'x'],
    // It stays one scalar: YAML has been read before.
    ['{{values.evil}}', '\nimage: evil'],
    ['<{{values.name}}> & co', '<web> & co'],
  ])('%s is %j', (text, filled) => {
    expect(fillScalar(text, values)).toEqual(filled);
  });

  test.each([
    ['{{values.missing}}', 'no value for values.missing'],
    ['a {{values.missing.deep}}', 'no value for values.missing.deep'],
    ['{{#if values.missing}}x{{/if}}', 'no value for values.missing'],
    ['{{upper values.missing}}', 'no value for values.missing'],
    ['{{values.map}}', 'a mapping where'],
    ['x{{values.list}}', 'a list where'],
    ['{{> other}}', 'a partial or a decorator'],
    ['{{#with values}}x{{/with}}', '{{#with}} is not one of'],
    ['{{lookup values "name"}}', 'no helper lookup'],
    ['{{values.constructor.name}}', 'no value for values.constructor.name'],
    ['{{need values.name "x"}}', 'no helper need'],
    ['{{values.port', 'no template that can be read'],
  ])('%s is refused: %s', (text, said) => {
    expect(() => fillScalar(text, values)).toThrow(TemplateProblem);
    expect(() => fillScalar(text, values)).toThrow(said);
  });
});

test('a file is filled in as text', () => {
  expect(fillText('listen {{values.port}};\n', values)).toBe('listen 8080;\n');
  expect(fillText('{{values.port}}', values)).toBe('8080');
});
