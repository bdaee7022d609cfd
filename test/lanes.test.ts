import { expect, test } from 'vitest';
import { gate, lanes } from '../src/lanes.js';

test('no more than the permitted number run at once, and a failure frees its lane', async () => {
  const run = lanes(2);
  let running = 0;
  let most = 0;
  const work = (fail: boolean) => async () => {
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
    if (fail) throw new Error('no');
  };
  const settled = await Promise.allSettled([true, false, true, false, false].map((fail) => run(work(fail))));
  expect(most).toBe(2);
  expect(settled.map(({ status }) => status === 'fulfilled')).toEqual([false, true, false, true, true]);
});

test('lanes let in as many as there are, in the order of asking', async () => {
  const lane = lanes(2);
  const order: string[] = [];
  const ends: (() => void)[] = [];
  const tasks = ['a', 'b', 'c'].map((name) =>
    lane(async () => {
      order.push(name);
      await new Promise<void>((resolve) => ends.push(resolve));
    }),
  );
  await new Promise(setImmediate);
  expect(order).toEqual(['a', 'b']);
  ends[0]!();
  await tasks[0];
  await new Promise(setImmediate);
  expect(order).toEqual(['a', 'b', 'c']);
  ends.forEach((end) => void end());
  await Promise.all(tasks);
});

test('leaving a gate twice is once', async () => {
  const enter = gate(1);
  const leave = await enter();
  leave();
  leave();
  await enter();
  let third = false;
  void enter().then(() => {
    third = true;
  });
  await new Promise(setImmediate);
  expect(third).toBe(false);
});
