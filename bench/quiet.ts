import { setTimeout as delay } from 'node:timers/promises';
import { output } from '../test/lab/command.js';
import { processorTimes } from './stopwatch.js';

/** Share of its time that the machine must idle: a cluster that only runs takes some. */
const idleShare = 0.75;
const sampleMs = 500;
const samplesInARow = 4;
const patienceMs = 60_000;

/**
 * Waits until what went before, such as hosts that boot or were cleaned, is on the disk and takes no processor time any
 * more: etcd waits for the disk.
 */
export async function quiet(): Promise<void> {
  await output('sync', []);
  const end = performance.now() + patienceMs;
  let inARow = 0;
  let before = processorTimes();
  while (inARow < samplesInARow && performance.now() < end) {
    await delay(sampleMs);
    const now = processorTimes();
    inARow = (now.idle - before.idle) / (now.all - before.all) >= idleShare ? inARow + 1 : 0;
    before = now;
  }
  if (inARow < samplesInARow)
    console.warn(
      `this machine is still busy after ${patienceMs / 1000} s: figures will be larger than necessary`,
    );
}
