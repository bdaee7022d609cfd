import type { HostFacts } from '../facts.js';
import { isCount, patterns } from '../told.js';

/** Bytes free, bytes in all and the mount point per path: df prints one line for each, in order, after its title. */
export function parseDisks(
  paths: readonly string[],
  lines: readonly string[],
): Pick<HostFacts, 'free' | 'capacity' | 'mounts'> {
  const free: Record<string, number> = {};
  const capacity: Record<string, number> = {};
  const mounts: Record<string, string> = {};
  for (const [index, path] of paths.entries()) {
    const { whole, left, mount } = diskIn(lines[index + 1] ?? '');
    if (whole === undefined || left === undefined || mount === undefined || !patterns.path.test(path))
      continue;
    free[path] = Number(left) * 1024;
    capacity[path] = Number(whole) * 1024;
    mounts[path] = mount;
  }
  return { free, capacity, mounts };
}

/** `/dev/sda1  41152736 9152488 30102136  24% /`; a device and a mount point may have spaces in their names. */
function diskIn(line: string): { whole?: string; left?: string; mount?: string } {
  const percent = line.indexOf('% ');
  const [whole, , left] = line.slice(0, percent).trim().split(/\s+/).slice(-4);
  const mount = line.slice(percent + 1).trimStart();
  const isSound = percent > 0 && patterns.path.test(mount) && [whole, left].every(isCount);
  return isSound ? { whole: whole!, left: left!, mount } : {};
}
