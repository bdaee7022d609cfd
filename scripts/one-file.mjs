// What bundle.mjs and release.mjs have in common: the program's own files become part of its code, its templates
// compiled, and whatever libraries went in are told, with their licenses.
import { readdirSync, readFileSync } from 'node:fs';
import { precompileTemplate } from '../build/desired/compile-template.js';

export const root = new URL('../', import.meta.url);
export const own = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));

/**
 * Puts package.json in place of src/shipped-text.ts, which reads it, and compiled templates in place of
 * src/desired/ready-template.ts, which reads and compiles them.
 */
export function inlineTexts() {
  const { name, version, homepage, bugs } = own;
  const texts = { 'package.json': JSON.stringify({ name, version, homepage, bugs }) };
  const templates = readdirSync(new URL('templates/', root))
    .sort()
    .map((file) => {
      const compiled = precompileTemplate(readFileSync(new URL(`templates/${file}`, root), 'utf8'));
      return `${JSON.stringify(file.replace(/\.hbs$/, ''))}: ${compiled}`;
    });
  const instead = {
    '/build/shipped-text.js': `const texts = ${JSON.stringify(texts)};
export const shippedText = (path) => texts[path];
`,
    '/build/desired/ready-template.js': `import { templateEngine } from './template-engine.js';
const templates = { ${templates.join(',\n')} };
export const readyTemplate = (name) => templateEngine().template(templates[name]);
`,
  };
  return {
    name: 'inline-texts',
    load: (id) => Object.entries(instead).find(([end]) => id.endsWith(end))?.[1] ?? null,
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
