import { createTwoFilesPatch } from 'diff';
import type { KeptSource } from '../../inventory/kept-sources.js';

/** What an earlier inventory and its patches say otherwise than those of now, for people. Neither has secrets in it. Pure. */
export function sourcesDiff(now: readonly KeptSource[], then: readonly KeptSource[]): string {
  const [first, ...patches] = now;
  const paths = [...new Set([...patches, ...then.slice(1)].map(({ path }) => path))].sort();
  const textOf = (all: readonly KeptSource[], path: string) =>
    all.find((one) => one.path === path)?.text ?? '';
  const pairs = [
    ['the inventory', first?.text ?? '', then[0]?.text ?? ''] as const,
    ...paths.map((path) => [path, textOf(patches, path), textOf(then.slice(1), path)] as const),
  ];
  const diffs = pairs
    .filter(([, is, was]) => is !== was)
    .map(([path, is, was]) =>
      createTwoFilesPatch(`now: ${path}`, `then: ${path}`, `${is}\n`, `${was}\n`, '', '', { context: 3 }),
    );
  return diffs.length === 0 ? 'the inventory is as it is now' : diffs.join('\n');
}
