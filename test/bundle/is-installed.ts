import { execFileSync } from 'node:child_process';

/** Whether this machine has a program that a test needs. */
export function isInstalled(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`]);
    return true;
  } catch {
    return false;
  }
}
