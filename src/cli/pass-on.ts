import type { Command } from 'commander';

/**
 * The command line with everything behind the word `kubectl` marked as kubectl's own: both have an -f and an -o. Only a
 * lone --help is podstrap's. Pure.
 */
export function passOn(argv: readonly string[], root: Command): string[] {
  const takesValue = new Set(
    root.options.flatMap(({ required, short, long }) => (required ? [short, long] : [])),
  );
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index]!;
    if (takesValue.has(word)) index++;
    else if (word === 'kubectl') {
      const words = argv.slice(index + 1);
      const isHelp = words.length === 1 && /^(-h|--help)$/.test(words[0]!);
      return isHelp || words[0] === '--' ? [...argv] : [...argv.slice(0, index + 1), '--', ...words];
    } else if (!word.startsWith('-')) break;
  }
  return [...argv];
}
