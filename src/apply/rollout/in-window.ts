import type { Rollout } from '../../inventory/fleet/fleet.js';
import { days } from '../../inventory/fleet/rollout-schema.js';

type Window = NonNullable<Rollout['window']>;

const minutesOf = (clock: string): number => {
  const [hours, minutes] = clock.split(':').map(Number);
  return hours! * 60 + minutes!;
};

/** Whether hosts may be changed now. A window that goes past midnight belongs to the day on which it begins. Pure. */
export function inWindow(window: Window | undefined, now: Date): boolean {
  if (window === undefined) return true;
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: window.timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(now);
  const part = (type: string) => parts.find((one) => one.type === type)!.value;
  const minute = minutesOf(`${part('hour')}:${part('minute')}`);
  const today = days.indexOf(part('weekday') as (typeof days)[number]);
  const isOpenOn = (day: number) => window.days.includes(days[(day + 7) % 7]!);
  const [from, to] = [minutesOf(window.from), minutesOf(window.to)];
  if (from < to) return isOpenOn(today) && minute >= from && minute < to;
  return (isOpenOn(today) && minute >= from) || (isOpenOn(today - 1) && minute < to);
}
