import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One import or re-export of a source file. */
export interface Import {
  /** A package or `node:` module as written; a file of ours as its path below src/. */
  readonly from: string;
  /** True when nothing of it is left after compilation. */
  readonly typeOnly: boolean;
}

export interface SourceFile {
  /** Below src/, such as `plan/step.ts`. */
  readonly path: string;
  /** Its folder directly below src/; empty for the files in src/ itself. */
  readonly room: string;
  readonly text: string;
  /** The text without comments and without what string and template literals hold. */
  readonly code: string;
  readonly imports: readonly Import[];
}

const source = fileURLToPath(new URL('../../src/', import.meta.url));

/** Every TypeScript file below src/. */
export const sourceFiles = (): readonly SourceFile[] =>
  readdirSync(source, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => {
      const text = readFileSync(join(source, path), 'utf8');
      return { path, room: roomOf(path), text, code: codeOf(text), imports: importsOf(path, text) };
    });

export const roomOf = (path: string): string => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '');

const statement = /^(?:import|export)\s+(type\s+)?(?:([^'";]*?)\s+from\s+)?'([^']+)';/gm;
const dynamic = /\bimport\('([^']+)'\)/g;

export function importsOf(path: string, text: string): readonly Import[] {
  const written = [...text.matchAll(statement)].map(([, type, names = '', from]) => ({
    from: from!,
    typeOnly: type !== undefined || onlyTypes(names),
  }));
  const late = [...text.matchAll(dynamic)].map(([, from]) => ({ from: from!, typeOnly: false }));
  return [...written, ...late].map(({ from, typeOnly }) => ({ from: resolve(path, from), typeOnly }));
}

/** `{ type A, type B }`: what is left of it after compilation is nothing. */
function onlyTypes(names: string): boolean {
  const listed = /^\{(.*)\}$/s.exec(names.trim())?.[1];
  const words = listed?.split(',').map((name) => name.trim()) ?? [];
  return words.length > 0 && words.every((name) => name === '' || name.startsWith('type '));
}

const resolve = (path: string, from: string): string =>
  from.startsWith('.') ? posix.join(posix.dirname(path), from).replace(/\.js$/, '.ts') : from;

/** Comments and literals may say what code may not do; only the code itself is judged. */
const codeOf = (text: string): string =>
  text
    .replace(/\/\*[\s\S]*?\*\//g, ' ')
    .replace(/(^|[^:'"`])\/\/.*$/gm, '$1')
    .replace(/'(?:[^'\\\n]|\\.)*'/g, "''");
