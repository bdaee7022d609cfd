import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { isSea } from 'node:sea';
import type { Arch } from '../desired/artifact.js';

/** Starts this very podstrap again: the executable, or node and the script that it runs. */
export function spawnOwn(words: readonly string[], options: SpawnOptions): ChildProcess {
  const before = isSea() ? [] : [realpathSync(process.argv[1]!)];
  return spawn(process.execPath, [...before, ...words], options);
}

/** The architecture of this machine, as Kubernetes names it. */
export const ownArch: Arch = process.arch === 'arm64' ? 'arm64' : 'amd64';

/**
 * A schema that this very installation ships: there without a network, and of the right version. A podstrap that is one
 * file has none beside it.
 */
export function shippedSchema(file: string): string | undefined {
  // The package's schema/ is two levels up, both from src/cli and from dist/cli.
  const beside = new URL(`../../schema/${file}`, import.meta.url);
  return existsSync(beside) ? beside.href : undefined;
}
