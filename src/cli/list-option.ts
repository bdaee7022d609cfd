/** Reads an option that takes names with commas between them, and may be given several times. */
export const listOption = (words: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...words
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== ''),
];
