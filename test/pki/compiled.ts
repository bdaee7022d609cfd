import { execFileSync } from 'node:child_process';
import { copyFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** Compiles the sources into `directory`, for processes that run without vitest. Their types are checked elsewhere. */
export function compile(directory: string): void {
  copyFileSync(join(root, 'package.json'), join(directory, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const options = ['--noCheck', '-p', join(root, 'tsconfig.build.json'), '--outDir', join(directory, 'dist')];
  execFileSync(process.execPath, [tsc, ...options]);
}
