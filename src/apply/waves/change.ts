import { lanes } from '../../lanes.js';
import type { Wave } from '../../plan/waves/wave.js';
import type { Survey } from '../../survey/survey.js';
import { changeNode } from '../change-node.js';
import { type Crew, checkpoint } from '../crew.js';
import { refuseWithoutQuorum } from '../etcd/quorum.js';
import { onHosts } from '../stage.js';
import { giveUp, giveUpWorker } from '../undo/give-up.js';
import { type NodeWatch, watchNodes } from '../watch-nodes.js';

/** Changes nodes of a live cluster, wave after wave. */
export interface Changing {
  take(crew: Crew, wave: Wave): Promise<void>;
  /** Nobody is watched any more. */
  end(): void;
}

/**
 * Nodes that run, each behind its gates. Those that a wave names are watched from its beginning to the end of the last such
 * wave, and changed ones for a while after. What fails is undone as its wave says: on every node that these waves have changed,
 * or on that node alone.
 * @param waves all of the run
 */
export function changing(seen: Survey, waves: readonly Wave[]): Changing {
  const steps = waves.filter(({ kind }) => kind === 'change').flatMap((wave) => wave.steps);
  const lastWatched = waves.filter(({ watch }) => watch.length > 0).at(-1);
  const changed: string[] = [];
  let watching: NodeWatch | undefined;

  async function take(crew: Crew, wave: Wave): Promise<void> {
    const watched = wave.watch.filter((host) => crew.transports.has(host));
    if (watched.length > 0) watching ??= await watchNodes(crew, seen, watched);
    const watch = watched.length > 0 ? watching : undefined;
    const lane = lanes(wave.together);
    let begun: string | undefined;
    const change = async (host: string): Promise<string> => {
      if (wave.gates.includes('quorum')) await refuseWithoutQuorum(crew, host);
      watch?.leave(host);
      begun = host;
      changed.push(host);
      const surroundings = { changed, failed: watch?.failed ?? crew.session.abort };
      await changeNode(crew, seen, wave, host, surroundings).catch(async (error: unknown) => {
        const goesBack = wave.undo === 'host' && !crew.absent.passOver(host, error);
        throw goesBack ? await giveUpWorker(crew, seen, steps, host, error) : error;
      });
      await watch?.changed(host);
      await watch?.allWell();
      begun = undefined;
      return 'changed and healthy';
    };
    try {
      checkpoint(crew, `changing ${wave.hosts.join(', ')}`);
      await onHosts(
        crew.session,
        wave.stage!,
        wave.hosts,
        (host) => lane(() => change(host)),
        crew.absent.passOver,
      );
      if (wave === lastWatched) await watch?.rest();
    } catch (error) {
      const cause = watch?.failed.aborted ? watch.failed.reason : error;
      watch?.stop();
      throw wave.undo === 'roll-out' ? await giveUp(crew, seen, steps, changed, begun, cause) : cause;
    }
    if (wave === lastWatched) watch?.stop();
  }
  return { take, end: () => watching?.stop() };
}
