import { Failure } from '../../failure.js';
import { clusterIdFile } from './entries.js';
import { readIfThere, writeWhole } from './store-files.js';

/**
 * Gives a keystore the identity of a fleet whose own was lost, as its hosts remember it. What follows is that they are taken for this
 * fleet's, and get the authority of this keystore.
 * @param directory of the operator's state
 * @param isUsed hosts have been made with this keystore: then it has an identity to lose
 * @throws Failure `usage`, `keystore`
 */
export async function takeIdentity(directory: string, id: string, isUsed: boolean): Promise<void> {
  const file = clusterIdFile(directory);
  const own = readIfThere(file)?.trim();
  if (own === id) return;
  if (own !== undefined && isUsed)
    throw new Failure({
      kind: 'usage',
      doing: 'Giving this keystore another identity',
      said: `${directory} is the keystore of ${own}, and has made hosts`,
      next: 'Move that folder away first: a new one is made then. Nothing was changed.',
    });
  await writeWhole(file, `${id}\n`, 0o600);
}
