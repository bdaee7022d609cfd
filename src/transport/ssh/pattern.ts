/** Whether case matters: it does in ssh_config, and not in known_hosts. */
export type Case = 'exact' | 'any';

/** Whether `text` matches one pattern with * and ?, as ssh_config(5) and known_hosts use them. */
export function matchesPattern(pattern: string, text: string, letters: Case = 'any'): boolean {
  const source = pattern
    .replace(/[\\^$.+()|[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, letters === 'any' ? 'is' : 's').test(text);
}

/** Whether `text` matches a list of patterns; a negated one (`!x`) that matches outweighs all others. */
export function matchesPatterns(patterns: readonly string[], text: string, letters: Case = 'any'): boolean {
  const negated = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  if (negated.some((pattern) => matchesPattern(pattern, text, letters))) return false;
  return patterns.some((pattern) => !pattern.startsWith('!') && matchesPattern(pattern, text, letters));
}
