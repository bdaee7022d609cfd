import { expect, test } from 'vitest';
import { otherWord } from '../../src/cli/other-words.js';
import { passOn } from '../../src/cli/pass-on.js';
import { program } from '../../src/cli/program.js';

const root = program();
const hint = (words: string) => otherWord(root, passOn(words.split(' '), root))?.next;

test.each([
  ['apply', 'podstrap up'],
  ['apply -f prod.yaml', 'podstrap up'],
  ['-f prod.yaml apply', 'podstrap up'],
  ['destroy', 'podstrap reset --all'],
  ['delete cp-1', 'podstrap reset HOST'],
  ['diff', 'podstrap plan'],
  ['aply', 'podstrap up'],
  ['up --dry-run', 'podstrap plan'],
])('`podstrap %s` is told what does that here', (words, does) => {
  expect(hint(words)).toContain(does);
});

test.each([
  'up',
  'plan -f apply',
  'bundle diff one.tar other.tar',
  'kubectl apply -f app.yaml --dry-run=client',
  'kubectl delete pod web',
  'unlok',
  'chekc',
  'nonsense',
])('`podstrap %s` means what it says', (words) => {
  expect(hint(words)).toBeUndefined();
});

test('the help of every command has the options that all commands take', () => {
  const all = (command: typeof root): readonly (typeof root)[] => [command, ...command.commands.flatMap(all)];
  const below = root.commands.flatMap(all);
  expect(below.length).toBeGreaterThan(20);
  for (const command of below)
    expect(command.helpInformation(), command.name()).toMatch(/Global Options:[\s\S]*--file <path>/);
});

test('a default that help shows is a value that the option takes, and means itself', () => {
  const all = (command: typeof root): readonly (typeof root)[] => [command, ...command.commands.flatMap(all)];
  for (const command of all(root))
    for (const option of command.options) {
      const { defaultValue, defaultValueDescription: shown, parseArg } = option;
      if (defaultValue === undefined || parseArg === undefined) continue;
      expect(parseArg(shown ?? String(defaultValue), undefined as never), option.flags).toEqual(defaultValue);
    }
});
