import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSea } from 'node:sea';
import { hashFile } from '../../bundle/cache.js';
import { checksumIn } from '../../bundle/fetch/checksum-file.js';
import { Failure } from '../../failure.js';
import { writeOperatorFile } from '../../operator/operator-file.js';
import { ownArch } from '../own-program.js';

const executable = /^podstrap-linux-(amd64|arm64)$/;

/** An executable of podstrap, and what it must be. */
export interface Carried {
  readonly name: string;
  readonly file: string;
  readonly sha256: string;
}

/**
 * The executables of podstrap that are to go with a bundle, each held against its sum.
 * @param release a folder of a release, with SHA256SUMS; without it, podstrap itself where it is an executable
 * @throws Failure `usage` when there is none; `artifact` when one is not what its sum says
 */
export async function programsOf(release: string | undefined): Promise<readonly Carried[]> {
  if (release === undefined) {
    if (!isSea())
      throw unfit(
        'this podstrap needs the Node.js of this machine and cannot be copied on its own',
        'Name a folder with podstrap’s executables and their SHA256SUMS: --with-podstrap DIR.',
      );
    return [
      { name: `podstrap-linux-${ownArch}`, file: process.execPath, sha256: await hashFile(process.execPath) },
    ];
  }
  const sums = await sumsIn(release);
  const names = (await readdir(release)).filter((name) => executable.test(name)).sort();
  if (names.length === 0)
    throw unfit(
      `${release} has no podstrap-linux-amd64 or podstrap-linux-arm64`,
      'Name the folder of a release, where its SHA256SUMS are, too.',
    );
  return Promise.all(
    names.map(async (name) => {
      const file = join(release, name);
      const sha256 = await hashFile(file);
      const published = checksumIn(sums, name);
      if (published !== sha256)
        throw new Failure({
          kind: 'artifact',
          doing: `Checking ${file}`,
          said: `its SHA-256 is ${sha256}, and SHA256SUMS says ${published ?? 'nothing of it'}`,
          next: 'Download the files of the release again.',
        });
      return { name, file, sha256 };
    }),
  );
}

/** Copies them beside a bundle, with `SHA256SUMS` of them. @returns the files that were written */
export async function carryPrograms(
  programs: readonly Carried[],
  bundle: string,
): Promise<readonly string[]> {
  const folder = dirname(bundle);
  for (const { name, file } of programs) {
    await writeOperatorFile(join(folder, name), createReadStream(file), {
      what: join(folder, name),
      mode: 0o755,
      next: 'Free some space there, or put the bundle elsewhere with --out. The bundle itself is whole.',
    });
  }
  const sums = join(folder, 'podstrap.SHA256SUMS');
  await writeOperatorFile(sums, programs.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join(''), {
    what: sums,
    next: 'Put the bundle into a folder where files can be written.',
  });
  return [...programs.map(({ name }) => join(folder, name)), sums];
}

async function sumsIn(release: string): Promise<string> {
  const file = join(release, 'SHA256SUMS');
  return readFile(file, 'utf8').catch((cause: Error) => {
    throw unfit(`${file}: ${cause.message}`, 'Name the folder of a release, where its SHA256SUMS are, too.');
  });
}

const unfit = (said: string, next: string): Failure =>
  new Failure({ kind: 'usage', doing: 'Looking for podstrap’s own executable', said, next });
