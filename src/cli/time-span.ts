import { InvalidArgumentError } from 'commander';
import { durationPattern, parseDuration } from '../inventory/duration.js';

const dayMs = 86_400_000;

/** Milliseconds of an option's value: days as `30d`, or a duration as in the inventory. @throws InvalidArgumentError */
export function timeSpan(text: string): number {
  const days = /^(\d+)d$/.exec(text)?.[1];
  if (days !== undefined) return Number(days) * dayMs;
  if (durationPattern.test(text)) return parseDuration(text);
  throw new InvalidArgumentError('a time such as 30d, 720h or 90m');
}
