import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { HeldUp, listenForInterrupts } from '../../src/cli/interrupts.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const ctrlC = () => process.emit('SIGINT', 'SIGINT');

function listening(isChanging: () => boolean) {
  const said: string[] = [];
  const interrupts = listenForInterrupts((text) => said.push(text), isChanging);
  onTestFinished(() => interrupts.dispose());
  const state = () => ({ stop: interrupts.stop.aborted, abort: interrupts.abort.aborted, said });
  return { ...interrupts, state };
}

test('one Ctrl-C stops at once what only looks', () => {
  const { state } = listening(() => false);
  ctrlC();
  expect(state()).toEqual({ stop: true, abort: true, said: ['Stopping at once.'] });
});

test('one Ctrl-C lets the step at hand come to its end, the second one does not', () => {
  const { state } = listening(() => true);
  ctrlC();
  expect(state()).toMatchObject({ stop: true, abort: false });
  ctrlC();
  expect(state()).toMatchObject({ stop: true, abort: true });
  expect(state().said.at(-1)).toBe('Stopping at once.');
});

test('a step that never ends is not waited for for ever', () => {
  const { state } = listening(() => true);
  ctrlC();
  vi.advanceTimersByTime(10 * 60_000);
  expect(state()).toMatchObject({ stop: true, abort: true });
});

// A host that answers nothing, or never ends, is what it is held up by.
test.each([false, true])(
  'what does not let go is left alone a moment later (changing: %s)',
  async (changing) => {
    const { within } = listening(() => changing);
    const run = within(new Promise(() => undefined));
    const ended = expect(run).rejects.toBeInstanceOf(HeldUp);
    ctrlC();
    if (changing) ctrlC();
    vi.advanceTimersByTime(15_000);
    await ended;
  },
);

test('and at once when Ctrl-C is pressed once more', async () => {
  const { within } = listening(() => true);
  const run = within(new Promise(() => undefined));
  const ended = expect(run).rejects.toMatchObject({ kind: 'interrupted' });
  for (let time = 0; time < 3; time++) ctrlC();
  await ended;
});

test('what lets go in time ends in its own way', async () => {
  const { within, abort } = listening(() => false);
  const run = within(
    new Promise((_, reject) => abort.addEventListener('abort', () => reject(new Error('its own words')))),
  );
  const ended = expect(run).rejects.toThrow('its own words');
  ctrlC();
  await ended;
});
