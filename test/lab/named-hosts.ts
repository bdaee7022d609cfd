import type { LabHost } from './hosts.js';
import { settingsFrom } from './settings.js';

/** `count` hosts called PREFIX-1, PREFIX-2 … whose addresses in the lab's subnet end in `from` and the numbers after it. */
export function namedHosts(prefix: string, count: number, from: number): LabHost[] {
  const { subnet } = settingsFrom(process.env);
  return Array.from({ length: count }, (_, index) => ({
    name: `${prefix}-${index + 1}`,
    ip: `${subnet}.${from + index}`,
  }));
}
