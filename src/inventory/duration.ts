import { Failure } from '../failure.js';

const milliseconds: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const part = String.raw`(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h)`;

/** A Go duration of at least one part, without a sign: `8760h`, `4m`, `1h30m`, `1.5s`. */
export const durationPattern = new RegExp(`^(?:${part})+$`);

/**
 * Milliseconds of a duration as Go and kubeadm write them.
 * @throws Failure `inventory` when `text` is no such duration
 */
export function parseDuration(text: string): number {
  if (!durationPattern.test(text))
    throw new Failure({
      kind: 'inventory',
      doing: 'Reading a duration',
      said: `${JSON.stringify(text)} is not one`,
      next: 'write it as numbers with units, such as 30s, 4m, 1h30m or 8760h',
    });
  const parts = text.match(new RegExp(part, 'g'))!;
  return parts.reduce((sum, each) => {
    const [, number, unit] = /^([\d.]+)(\D+)$/.exec(each)!;
    return sum + Number(number) * milliseconds[unit!]!;
  }, 0);
}
