import { open } from 'node:fs/promises';
import { unreadable } from './bundle-failures.js';
import { layoutContent, memberNames } from './format.js';
import { readWhole } from './read-at.js';
import type { BundleContents } from './read-contents.js';
import { block, paddingOf, tarHeader, trailer } from './tar-header.js';

/**
 * Compares everything in a bundle that is no blob with what the format prescribes: headers, padding, the end.
 * @returns what is damaged, as nouns
 * @throws Failure `artifact` when the file cannot be read
 */
export async function damagedFrame(file: string, contents: BundleContents): Promise<readonly string[]> {
  const { members, created, size } = contents;
  const handle = await open(file);
  try {
    const bad: string[] = [];
    const compare = async (what: string, offset: number, expected: Buffer) => {
      if (!(await readWhole(handle, offset, expected.length)).equals(expected))
        bad.push(`${what} at byte ${offset}`);
    };
    for (const { name, size, offset } of members) {
      await compare(`the header of ${name}`, offset - block, tarHeader(name, size, created));
      await compare(`the padding after ${name}`, offset + size, Buffer.alloc(paddingOf(size)));
    }
    await compare(memberNames.layout, members[0]!.offset, Buffer.from(layoutContent));
    await compare('the end', size - trailer, Buffer.alloc(trailer));
    return bad;
  } catch (cause) {
    throw unreadable(file, cause);
  } finally {
    await handle.close();
  }
}
