/**
 * Commands that a shell did not find, from what it said about them. Matching its words is unavoidable: POSIX has no
 * other sign of a command that is not there, and both forms are what dash and bash say with LC_ALL=C.
 */
export const refusedCommands = (stderr: string): string[] =>
  [...stderr.matchAll(/^\S*sh: (?:line )?\d+: ([^\s:]+): (?:command )?not found$/gm)].map(
    (match) => match[1]!,
  );
