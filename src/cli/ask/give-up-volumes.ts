import type { Planned } from '../../stories/reconcile.js';
import type { GlobalOptions } from '../options.js';
import { inLine } from '../view/foreign.js';
import { askFirst } from './ask-first.js';
import type { Desk } from './desk.js';

/**
 * Asks before a host leaves that alone has volumes which somebody has claimed: their pods could never start again. No
 * general consent covers that.
 * @throws Failure `usage` where nobody can be asked, `interrupted` for a no
 */
export async function giveUpVolumes(
  { plan }: Planned,
  options: Pick<GlobalOptions, 'output'>,
  desk: Desk,
): Promise<void> {
  const lost = plan.steps.flatMap(({ action }) =>
    action.do === 'delete-node' && action.volumes
      ? [inLine(`${action.node}: ${action.volumes.join(', ')}`)]
      : [],
  );
  if (lost.length === 0) return;
  await askFirst(
    {
      doing: 'Asking whether local volumes may be given up',
      said: `hosts would leave that hold the only copy of claimed volumes:\n${lost.join('\n')}`,
      next: 'Nothing was changed. Move the data away, and delete the claims; or, when nobody needs it, run it again with --give-up-volumes.',
      shown: () => `Claimed volumes that no other host has:\n${lost.map((line) => `  ${line}`).join('\n')}`,
      question: 'Let the hosts leave, and lose what is in these volumes?',
    },
    options,
    desk,
  );
}
