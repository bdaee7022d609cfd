import { patterns } from '../told.js';

/** What `kubelet --version` printed says, as `v1.36.3`; undefined where it says no version. */
export function kubeletVersion([line = '']: readonly string[] = []): string | undefined {
  const word = line.split(' ', 2)[1] ?? '';
  return patterns.version.test(word) ? word : undefined;
}
