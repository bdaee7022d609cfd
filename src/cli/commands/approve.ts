import { Command } from 'commander';
import { approveStage } from '../../stories/fleet/approve-stage.js';
import { tell } from '../answer.js';
import { globalOptions } from '../options.js';
import { withRun } from '../with-run.js';

export const approveCommand = (): Command =>
  new Command('approve')
    .description('Approve a stage of a fleet’s roll-out, so that the next stage can begin. Contacts no host.')
    .argument('<stage>', 'name of the stage in spec.rollout.stages')
    .addHelpText(
      'after',
      `
The approval is for what that stage has now: if the inventory changes in the meantime, its roll-out begins with the
first stage, and needs an approval of its own. Afterwards \`podstrap up\` goes on.`,
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
