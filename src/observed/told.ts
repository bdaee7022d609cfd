import { quoted, unsound } from '../failure.js';

/** A word that a host tells, such as its kernel's release. Undefined where it tells none. @throws Failure `unsound` for one that does not fit */
export function told(what: string, text: string | undefined, pattern: RegExp): string | undefined {
  if (text === undefined || text === '') return undefined;
  if (pattern.test(text)) return text;
  throw unsound(`${what} cannot be ${quoted(text)}`);
}

/** A whole number that a host tells; 0 where it tells none. @throws Failure `unsound` */
export const toldNumber = (what: string, text: string | undefined): number =>
  Number(told(what, text, /^-?\d{1,15}$/) ?? 0);

/** Whoever chose these words, they are only shown: one line of printable text, cut where it gets long. */
export const shownText = (text: string): string => text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '').slice(0, 200);

/** Patterns of the words that hosts tell. */
export const patterns = {
  sha256: /^[0-9a-f]{64}$/,
  /** `20260102T030405Z-9f3a`; parts of paths on hosts are made of it. */
  run: /^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/,
  path: /^\/[^\p{Cc}\p{Zl}\p{Zp}]{0,4095}$/u,
  name: /^[^\p{Cc}\p{Zl}\p{Zp}/]{1,255}$/u,
  architecture: /^[A-Za-z0-9_]{1,32}$/,
  kernel: /^[A-Za-z0-9._+~-]{1,128}$/,
  system: /^[A-Za-z0-9._-]{1,64}$/,
  hostname: /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/,
  machineId: /^[0-9a-f]{32}$/,
  bootId: /^[0-9a-f-]{36}$/,
  unit: /^[A-Za-z0-9:_.@\\-]{1,255}$/,
  word: /^[A-Za-z0-9._-]{1,64}$/,
  version: /^v\d{1,4}\.\d{1,4}\.\d{1,4}(?:[-+][0-9A-Za-z.-]{1,64})?$/,
} as const;

/** Whether a text is a number as a host counts bytes, inodes or seconds. */
export const isCount = (text: string | undefined): boolean => text !== undefined && /^\d{1,15}$/.test(text);
