/** systemd section → key → value; an empty value drops the key. */
export type UnitOverrides = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * The text of a unit with `overrides` applied. A key that is overridden loses all its lines, as `Environment=` may have
 * several; its new value stands at the end of its section, and a section that is missing at the end of the file.
 */
export function overrideUnit(text: string, overrides: UnitOverrides): string {
  const sections = text.trimEnd().split(/\n\n(?=\[)/);
  const names = sections.map((section) => /^\[(.+)\]/.exec(section)?.[1]);
  const missing = Object.keys(overrides).filter((name) => !names.includes(name));
  const all = [...sections, ...missing.map((name) => `[${name}]`)];
  return `${all.map((section) => overrideSection(section, overrides)).join('\n\n')}\n`;
}

function overrideSection(section: string, overrides: UnitOverrides): string {
  const name = /^\[(.+)\]/.exec(section)![1]!;
  const keys = overrides[name] ?? {};
  // A line that ends in a backslash goes on: `Key=value \⏎ value` is one setting.
  const settings = section.split(/(?<!\\)\n/);
  const kept = settings.filter((setting) => !Object.hasOwn(keys, setting.split('=')[0]!));
  const added = Object.entries(keys).filter(([, value]) => value !== '');
  return [...kept, ...added.map(([key, value]) => `${key}=${value}`)].join('\n');
}

/** One word of an ExecStart= line, with what systemd would expand or split made literal. */
export const execWord = (word: string): string => environmentWord(word.replaceAll('$', '$$$$'));

/** One assignment of an Environment= line, where `$` means nothing. */
export function environmentWord(word: string): string {
  const literal = word.replaceAll('%', '%%');
  return /^[^\s"'\\;]+$/.test(literal)
    ? literal
    : `"${literal.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
