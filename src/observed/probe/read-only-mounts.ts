import { splitOnce } from '../sections.js';
import { patterns } from '../told.js';

/** Of lines of mount point and options; the kernel writes odd bytes in octal. The last mount on a place is the one to see. */
export function readOnlyMounts(lines: readonly string[]): readonly string[] {
  const last = new Map(lines.map((line) => splitOnce(line, ' ')));
  return [...last]
    .filter(([, options]) => options.split(',')[0] === 'ro')
    .map(([mount]) =>
      mount.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
    )
    .filter((mount) => patterns.path.test(mount));
}
