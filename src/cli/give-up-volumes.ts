import { Failure } from '../failure.js';
import type { Planned } from '../reconcile.js';
import type { GlobalOptions } from './options.js';
import { terminalPrompts } from './prompts.js';

/**
 * Asks before a host leaves that alone has volumes which somebody has claimed: their pods could never start again. No
 * general consent covers that.
 * @throws Failure `usage` where nobody can be asked, `interrupted` for a no
 */
export async function giveUpVolumes(
  { plan }: Planned,
  { output }: Pick<GlobalOptions, 'output'>,
  pause: () => Promise<void>,
): Promise<void> {
  const lost = plan.steps.flatMap(({ action }) =>
    action.do === 'delete-node' && action.volumes ? [`${action.node}: ${action.volumes.join(', ')}`] : [],
  );
  if (lost.length === 0) return;
  const doing = 'Asking whether local volumes may be given up';
  const prompts = terminalPrompts();
  if (prompts === undefined || output === 'json')
    throw new Failure({
      kind: 'usage',
      doing,
      said: `hosts would leave that alone have volumes which somebody has claimed:\n${lost.join('\n')}`,
      next: 'Nothing was changed. Move the data away, and delete the claims; or, when nobody needs it, run it again with --give-up-volumes.',
    });
  await pause();
  process.stdout.write(
    `Claimed volumes that no other host has:\n${lost.map((line) => `  ${line}`).join('\n')}\n`,
  );
  if (await prompts.confirm('Give them up?')) return;
  throw new Failure({ kind: 'interrupted', doing, said: 'you said no. Nothing was changed' });
}
