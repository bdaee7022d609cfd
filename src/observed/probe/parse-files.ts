import type { FileFact } from '../facts.js';
import type { Sections } from '../sections.js';
import { isCount, patterns } from '../told.js';

/** Facts of files from the sections of a probe or of its details. */
export function parseFiles(root: string, all: Sections): Record<string, FileFact> {
  const hashes = parseHashes(root, all.get('hashes') ?? []);
  const record = new Map(
    (all.get('binaries') ?? []).flatMap((line) =>
      patterns.sha256.test(line.slice(0, 64)) ? [[line.slice(65), line.slice(0, 64)] as const] : [],
    ),
  );
  const files: Record<string, FileFact> = {};
  for (const line of all.get('files') ?? []) {
    const [numbers, rest] = statNumbers(line);
    const slash = rest.indexOf(' /');
    const path = rest.slice(slash + 1 + root.length);
    if (numbers === undefined || slash < 0 || !patterns.path.test(path)) continue;
    const [mode, uid, gid, size, changed, inode] = numbers;
    const type = rest.slice(0, slash);
    const sha256 = hashes.get(path) ?? record.get(`${changed} ${size} ${inode} ${path}`);
    files[path] = {
      path,
      type: type.includes('directory') ? 'directory' : type.startsWith('regular') ? 'file' : 'other',
      mode: Number.parseInt(mode!, 8),
      uid: Number(uid),
      gid: Number(gid),
      size: Number(size),
      ...(sha256 === undefined ? {} : { sha256 }),
    };
  }
  return files;
}

/** The six numbers that a line of stat(1) begins with, as they are written, and what is behind them. */
function statNumbers(line: string): [readonly string[] | undefined, string] {
  const words = line.split(' ', 6);
  const sound = words.length === 6 && words.every(isCount) && /^[0-7]+$/.test(words[0]!);
  return [sound ? words : undefined, line.slice(words.join(' ').length + 1)];
}

/** Path → hex digest, from lines of sha256sum(1). */
function parseHashes(root: string, lines: readonly string[]): Map<string, string> {
  return new Map(
    lines.flatMap((line) =>
      patterns.sha256.test(line.slice(0, 64))
        ? [[line.slice(66 + root.length), line.slice(0, 64)] as const]
        : [],
    ),
  );
}
