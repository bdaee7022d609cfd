// What bundle.mjs and release.mjs have in common: the program's own files become part of its code, and whatever libraries
// went in are told, with their licenses.
import { readdirSync, readFileSync } from 'node:fs';

export const root = new URL('../', import.meta.url);
export const own = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));

/** Puts templates and package.json in place of src/shipped-text.ts, which reads them. */
export function inlineTexts() {
  const paths = readdirSync(new URL('templates/', root)).map((name) => `templates/${name}`);
  const read = (path) => [path, readFileSync(new URL(path, root), 'utf8')];
  const texts = Object.fromEntries([
    ...paths.sort().map(read),
    [
      'package.json',
      JSON.stringify({ name: own.name, version: own.version, homepage: own.homepage, bugs: own.bugs }),
    ],
  ]);
  return {
    name: 'inline-texts',
    load: (id) =>
      id.endsWith('/build/shipped-text.js')
        ? `const texts = ${JSON.stringify(texts)};\nexport const shippedText = (path) => texts[path];\n`
        : null,
  };
}

/** The folders of the packages that are in the output of rolldown, sorted. */
export function packagesIn(output) {
  const folders = output
    .flatMap(({ moduleIds = [] }) => moduleIds)
    .flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+\//.exec(id)?.[0] ?? []);
  return [...new Set(folders)].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8'));
    const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
    return { name, version, license, text: file ? readFileSync(folder + file, 'utf8').trim() : license };
  });
}

/** The licenses of the libraries that are inside ask to go with them. */
export const licenseTexts = (packages) =>
  packages
    .map(({ name, version, license, text }) => `${name} ${version} (${license})\n\n${text}\n`)
    .join(`\n${'-'.repeat(80)}\n\n`);
