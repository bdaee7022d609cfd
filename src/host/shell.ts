/** One word for a POSIX shell, whatever it holds. The only place where words are quoted. */
export const word = (text: string): string =>
  /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** An absolute path of the host as a shell word below the root prefix R. */
export const at = (path: string): string => `"$R"${word(path)}`;

/** An octal mode as chmod(1) takes it. */
export const octal = (mode: number): string => mode.toString(8).padStart(4, '0');
