import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/secret.js';
import { questions } from '../../src/transport/questions.js';
import { sudoPasswords } from '../../src/transport/sudo-passwords.js';

const prompts = (...answers: string[]) => {
  const asked: string[] = [];
  return {
    asked,
    secret: async (question: string) => {
      asked.push(question);
      return new Secret(answers.shift()!);
    },
    confirm: async () => true,
  };
};

describe('a secret', () => {
  test('is asked for once, however many want it at once', async () => {
    const operator = prompts('x');
    const { secret } = questions(operator);
    const answers = await Promise.all([1, 2, 3].map(() => secret('key', 'Passphrase: ')));
    expect(answers.map((answer) => answer?.reveal())).toEqual(['x', 'x', 'x']);
    expect(operator.asked).toEqual(['Passphrase: ']);
  });
  test('that was refused is asked for again, three times in all', async () => {
    const { secret } = questions(prompts('a', 'b', 'c', 'd'));
    const first = await secret('key', '? ');
    const second = await secret('key', '? ', first);
    const third = await secret('key', '? ', second);
    expect([first, second, third].map((each) => each?.reveal())).toEqual(['a', 'b', 'c']);
    expect(await secret('key', '? ', third)).toBeUndefined();
  });
  test('is none where there is nobody to ask', async () => {
    expect(await questions(undefined).secret('key', '? ')).toBeUndefined();
    expect(await questions(undefined).confirm({ about: [], question: '?' })).toBeUndefined();
  });
});

describe('a sudo password', () => {
  test('is tried by one host alone until it is accepted, then by all', async () => {
    const operator = prompts('right');
    const passwords = sudoPasswords(questions(operator));
    const [one, two] = [passwords('ops', 'one')(), passwords('ops', 'two')()];
    expect((await one.answer())?.reveal()).toBe('right');
    let answered = false;
    const waiting = two.answer().then((secret) => {
      answered = true;
      return secret;
    });
    await Promise.resolve();
    expect(answered).toBe(false);
    one.settle(true);
    expect((await waiting)?.reveal()).toBe('right');
    two.settle(true);
    expect(operator.asked).toHaveLength(1);
  });
  test('that a host refuses is asked for anew, naming that host', async () => {
    const operator = prompts('one', 'two');
    const passwords = sudoPasswords(questions(operator));
    const one = passwords('ops', 'one')();
    await one.answer();
    one.settle(true);
    const two = passwords('ops', 'two');
    const first = two();
    expect((await first.answer())?.reveal()).toBe('one');
    expect((await first.answer())?.reveal()).toBe('two');
    first.settle(true);
    expect((await two().answer())?.reveal()).toBe('two');
    expect(operator.asked).toEqual(['sudo password of ops on one: ', 'sudo password of ops on two: ']);
  });
});
