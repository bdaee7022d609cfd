import { Command } from 'commander';
import { approveStage } from '../../stories/fleet/approve-stage.js';
import { tell } from '../answer.js';
import { globalOptions } from '../options.js';
import { withRun } from '../with-run.js';

export const approveCommand = (): Command =>
  new Command('approve')
    .description('Let the roll-out of a fleet go on behind a stage that waits for it. Contacts no host.')
    .argument('<stage>', 'name of the stage in spec.rollout.stages')
    .addHelpText(
      'after',
      `
The approval is for what that stage has now: when the inventory asks for something else meanwhile, its roll-out begins
with the first stage, and waits for an approval of its own. Then \`podstrap up\` goes on.`,
    )
    .action(async (stage: string, _own: object, command: Command) => {
      const options = globalOptions(command);
      const { digest } = await withRun(
        options,
        { command: 'approve', jsonEvents: false, whole: true },
        (session) => approveStage(session, stage),
      );
      tell(
        options,
        { event: 'result', approved: stage, rollout: digest },
        () => `${stage} is approved. \`podstrap up\` goes on with the next stage.\n`,
      );
    });
