import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

/** Pages for people, by their path in the repository. */
export const documents: ReadonlyMap<string, string> = new Map(
  [
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    ...readdirSync(join(root, 'docs'))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ].map((path) => [path, readFileSync(join(root, path), 'utf8')]),
);

const fence = /^```[a-z]*\n([\s\S]*?)^```$/gm;

/** What stands in a document as code: whole lines of fenced blocks, and `spans`. */
export const codeOf = (text: string): readonly string[] => [
  ...[...text.matchAll(fence)].flatMap(([, block]) => block!.split('\n')),
  ...[...text.replace(fence, '').matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!),
];

/** Words of the command lines that call `program`, without what a shell does with the rest of the line. */
export function callsOf(program: string, text: string): readonly (readonly string[])[] {
  const command = new RegExp(`^(?:\\$ )?(?:npx )?${program} (.+)$`);
  return codeOf(text)
    .flatMap((line) => line.split(/&&|;|\|/))
    .flatMap((line) => command.exec(line.replace(/ #.*/, '').trim())?.[1] ?? [])
    .map((words) => words.split(/\s+/).filter((word) => !/^[<>]/.test(word)));
}

/** Targets of links to files of the repository, without their fragments. */
export const linksOf = (text: string): readonly string[] =>
  [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)].map(([, target]) => target!);
