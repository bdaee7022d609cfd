import { InvalidArgumentError } from 'commander';

const units: Readonly<Record<string, number>> = { '': 1, K: 1e3, M: 1e6, G: 1e9 };

/** Bytes per second from a word such as `500K`, `20M` or `1.5G`. */
export function parseRate(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([KMG]?)(?:B?(?:\/s)?)$/i.exec(text) ?? [];
  const rate = Number(number) * (units[(unit ?? '').toUpperCase()] ?? 1);
  if (number === undefined || rate < 1000)
    throw new InvalidArgumentError('a rate is bytes per second, at least 1K, such as 500K, 20M or 1G');
  return rate;
}
