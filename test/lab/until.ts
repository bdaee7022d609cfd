import { setTimeout as pause } from 'node:timers/promises';

/** Looks again and again until `look` neither throws nor says no. @throws Error that says what it waited for */
export async function until(what: string, look: () => Promise<unknown>, seconds = 180): Promise<void> {
  const end = Date.now() + seconds * 1000;
  let last: unknown = 'not yet';
  while (Date.now() < end) {
    try {
      if ((await look()) !== false) return;
    } catch (error) {
      last = error;
    }
    await pause(500);
  }
  throw new Error(`waited ${seconds} s until ${what}`, { cause: last });
}
