import { expect, test } from 'vitest';
import { badAnswer } from '../../src/bundle/fetch/fetch-failures.js';
import { retried, Transient } from '../../src/bundle/fetch/retry.js';

const failure = badAnswer('https://host/x', 'HTTP 503');

/** Fails as the list says, then returns how often it was tried. */
function attempts(...errors: readonly unknown[]) {
  let tried = 0;
  return async () => {
    const error = errors[tried++];
    if (error !== undefined) throw error;
    return tried;
  };
}

test('what may pass is tried again', async () => {
  const work = attempts(new Transient(failure), new Transient(failure));
  expect(await retried(work, { delays: [0, 0] })).toBe(3);
});

test('when all attempts are used up, the failure itself is thrown', async () => {
  const work = attempts(new Transient(failure), new Transient(failure));
  await expect(retried(work, { delays: [0] })).rejects.toBe(failure);
});

test('what does not pass is not tried again', async () => {
  await expect(retried(attempts(failure), { delays: [0, 0] })).rejects.toBe(failure);
});

test('progress starts the count anew', async () => {
  const work = attempts(...Array.from({ length: 20 }, () => new Transient(failure, true)));
  expect(await retried(work, { delays: [0] })).toBe(21);
});

test('a stop ends the waiting', async () => {
  const stop = new AbortController();
  const waiting = retried(attempts(new Transient(failure)), { delays: [3_600_000], signal: stop.signal });
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ kind: 'interrupted' });
});
