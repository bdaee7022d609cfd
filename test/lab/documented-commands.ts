import { readFile } from 'node:fs/promises';
import { beside } from './settings.js';

/**
 * What a section of docs/air-gap.md says to type, block by block: the words of each podstrap command after its name.
 * @throws Error when there is no such section
 */
export async function documentedCommands(heading: string): Promise<readonly (readonly string[][])[]> {
  const page = await readFile(beside('../../docs/air-gap.md'), 'utf8');
  const section = page.split(/^## /m).find((one) => one.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`docs/air-gap.md has no section "${heading}"`);
  return [...section.matchAll(/^```\n(.*?)^```/gms)].map(([, block]) =>
    block!
      .split('\n')
      .filter((line) => line.startsWith('podstrap '))
      .map((line) => line.split(' ').slice(1)),
  );
}
