import { describe, expect, test } from 'vitest';
import { reveal } from '../../src/secret.js';
import { complaintsAbout, documentWith, inventoryOf, problemsOf } from './sample.js';

const registry = (password: string) => ({
  artifacts: { registries: { 'r.example.com': { username: 'u', password } } },
});
const listed = (...environment: string[]) => ({ environment });

describe('variables of the environment', () => {
  test('are put in for the names that the inventory lists, whatever their value holds', () => {
    const value = `a: "b" # \${PASSWORD}\n- ' [x]`;
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the inventory's own syntax
    const text = documentWith(registry('<${PASSWORD}>'), listed('PASSWORD'));
    const { password } = inventoryOf(text, { environment: { PASSWORD: value } }).spec.artifacts.registries[
      'r.example.com'
    ]!;
    expect(reveal(password!)).toBe(`<${value}>`);
  });

  test('stay as they are when the inventory does not list them', () => {
    const text = documentWith({ ssh: { user: '$' + '{USER}' } });
    expect(inventoryOf(text, { environment: { USER: 'root' } }).spec.ssh.user).toBe('$' + '{USER}');
  });

  test('become numbers and switches where those are asked for', () => {
    const spec = { ssh: { port: '$' + '{PORT}', identitiesOnly: '$' + '{ONLY}' } };
    const text = documentWith(spec, listed('PORT', 'ONLY'));
    expect(inventoryOf(text, { environment: { PORT: '2222', ONLY: 'true' } }).spec.ssh).toMatchObject({
      port: 2222,
      identitiesOnly: true,
    });
  });

  test('that are not set are reported where they stand, and once', () => {
    const spec = { controlPlaneEndpoint: '$' + '{ENDPOINT}' };
    expect(complaintsAbout(documentWith(spec, listed('ENDPOINT')))).toEqual([
      'spec.controlPlaneEndpoint: the environment variable ENDPOINT is not set',
    ]);
  });

  test('never show their value in a problem', () => {
    const text = documentWith({ imageRepository: '$' + '{REPOSITORY}' }, listed('REPOSITORY'));
    const problems = problemsOf(text, { environment: { REPOSITORY: 'https://hunter2' } });
    expect(problems).toMatchObject([{ found: '"$' + '{REPOSITORY}"' }]);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });

  test('are looked out for when their name is nearly a listed one', () => {
    const text = documentWith(registry('$' + '{PASWORD}'), listed('PASSWORD'));
    expect(problemsOf(text)).toMatchObject([{ severity: 'warning', hint: 'did you mean "PASSWORD"?' }]);
  });
});

test('a password is a secret from the moment it is read', () => {
  expect(JSON.stringify(inventoryOf(documentWith(registry('hunter2'))))).not.toContain('hunter2');
  const wrong = documentWith({
    artifacts: { registries: { 'r.example.com': { username: 'u', password: 12345 } } },
  });
  expect(JSON.stringify(problemsOf(wrong))).not.toContain('12345');
});
