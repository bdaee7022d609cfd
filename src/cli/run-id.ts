import { randomBytes } from 'node:crypto';

/** A run's identity: sorts by time, and is unique among operators. */
export const newRunId = (now: Date): string =>
  `${now.toISOString().replace(/[-:]/g, '').replace(/\..*/, 'Z')}-${randomBytes(2).toString('hex')}`;

/** When the run began whose identity `name` begins with, in ISO 8601; undefined when it begins with none. */
export const beginningOf = (name: string): string | undefined => {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(name);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
};
