import { describe, expect, test } from 'vitest';
import type { Answer } from '../../src/bundle/fetch/http.js';
import { namedServer, pullScope, tokenServer } from '../../src/bundle/fetch/token-server.js';
import { Failure } from '../../src/failure.js';

const refusal = (url: string): Answer => ({
  url,
  status: 401,
  header: () => undefined,
  body: undefined as never,
  drop: () => undefined,
});

/** What is asked, who refuses it, what that names, whether passwords may travel unencrypted; and what is wrong, if anything. */
const rows: readonly [
  asked: string,
  from: string,
  realm: string | undefined,
  insecure: boolean,
  said?: string,
][] = [
  [
    'https://registry-1.docker.io/v2/a',
    'https://registry-1.docker.io/v2/a',
    'https://auth.docker.io/token',
    false,
  ],
  ['https://r.example.com/v2/a', 'https://r.example.com/v2/a', 'https://r.example.com/token', false],
  ['https://r.example.com/v2/a', 'https://r.example.com/v2/a', 'https://sso.example.org/t?x=1', true],
  ['http://r:5000/v2/a', 'http://r:5000/v2/a', 'http://r:5001/token', true],
  ['http://r:5000/v2/a', 'http://r:5000/v2/a', 'https://r/token', false],
  ['http://r/v2/a', 'http://r/v2/a', 'http://r/token', false, 'the password would travel without encryption'],
  [
    'https://r/v2/a',
    'https://r/v2/a',
    'http://r/token',
    false,
    'the password would travel without encryption',
  ],
  [
    'https://r/v2/a',
    'https://r/v2/a',
    'http://evil/token',
    true,
    'another host without encryption, http://evil',
  ],
  [
    'http://r/v2/a',
    'http://r/v2/a',
    'http://evil/token',
    true,
    'another host without encryption, http://evil',
  ],
  ['http://r/v2/a', 'http://r/v2/a', 'https://evil/token', true, 'another host, https://evil, and anybody'],
  ['http://r/v2/a', 'http://r/v2/a', 'https://evil/token', false, 'another host, https://evil, and anybody'],
  ['https://r/v2/a', 'https://cdn/x', 'https://cdn/token', false, 'https://r redirects there, and it asks'],
  ['http://r/v2/a', 'https://r/v2/a', 'https://evil/token', false, 'http://r redirects there, and it asks'],
  ['https://r/v2/a', 'https://r/v2/a', 'https://ann:pw@r/token', false, 'with credentials of its own, on r'],
  ['https://r/v2/a', 'https://r/v2/a', 'file:///etc/passwd', false, 'it names no token server'],
  ['https://r/v2/a', 'https://r/v2/a', 'no url', false, 'it names no token server'],
  ['https://r/v2/a', 'https://r/v2/a', undefined, false, 'it names no token server'],
];

describe('credentials go to a token server', () => {
  test.each(rows)(
    '%s, refused by %s, which names %s (insecure: %s): %s',
    (asked, from, realm, insecure, said) => {
      const judged = () => tokenServer(asked, refusal(from), realm, insecure);
      if (said === undefined) expect(judged().href).toBe(new URL(realm!).href);
      else {
        const failure = caught(judged);
        expect(failure.said).toContain(said);
        expect(failure.said).not.toContain('pw');
      }
    },
  );
});

test('without credentials any token server may be asked: there is nothing to lose', () => {
  expect(namedServer(refusal('http://r/v2/a'), 'http://elsewhere/token').host).toBe('elsewhere');
});

test.each([
  ['repository:a/b:pull', 'repository:a/b:pull'],
  ['repository:a/b:pull repository:a/c:pull', 'repository:a/b:pull repository:a/c:pull'],
  ['repository:a/b:pull,push', 'repository:own:pull'],
  ['registry:catalog:*', 'repository:own:pull'],
  [undefined, 'repository:own:pull'],
])('of the scope %s is asked for: %s', (scope, asked) => {
  expect(pullScope(scope, 'own')).toBe(asked);
});

function caught(action: () => unknown): Failure {
  try {
    action();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
