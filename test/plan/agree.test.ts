import { expect, test } from 'vitest';
import { agree } from '../../src/plan/agree.js';

const three = ['cp-1', 'cp-2', 'cp-3'];
/** What hosts say, by their numbers; a dash for one that says nothing. */
const said = (words: string) =>
  [...words].flatMap((word, index) =>
    word === '-' ? [] : [{ host: `cp-${index + 1}`, digest: word, value: `value ${word}` }],
  );

test.each<readonly [string, string, readonly string[], readonly string[], string]>([
  ['all say the same', 'aaa', three, [], 'a'],
  ['two of three', 'aab', three, [], 'a'],
  ['the first is the one who lies', 'baa', three, [], 'a'],
  ['two of three, and the third is away', 'aa-', three, [], 'a'],
  ['one of three, and the others are away', 'a--', three, [], 'divided'],
  ['three ways', 'abc', three, [], 'divided'],
  ['nobody says anything', '---', three, [], 'silent'],
  ['half of four', 'aabb', ['cp-1', 'cp-2', 'cp-3', 'cp-4'], [], 'divided'],
  ['a worker makes no majority', 'aab', ['cp-3', 'cp-4', 'cp-5'], [], 'divided'],
  ['the only control plane', 'a', ['cp-1'], [], 'a'],
  ['the operator knows better than the majority', 'aab', three, ['b'], 'b'],
  ['nobody says what the operator accepts', 'abc', three, ['x'], 'divided'],
])('%s', (_what, words, listed, accepted, expected) => {
  const found = agree(listed, said(words), accepted);
  if (found.is === 'agreed') expect(found.value).toBe(`value ${expected}`);
  else expect(found.is).toBe(expected);
});

test('a host counts once, whatever it repeats', () => {
  const twice = [...said('a'), ...said('a')];
  expect(agree(three, twice).is).toBe('divided');
});
