import { setTimeout as delay } from 'node:timers/promises';
import { Failure, failureOf } from '../../failure.js';
import type { Survey } from '../../survey/survey.js';
import type { Crew } from '../crew.js';
import { keepVigil, newPodsInSight, openGates } from '../vigil.js';

/**
 * Watches hosts for a while: all of them have to stay healthy.
 * @returns the first one that did not, as a failure that names it; undefined when all did
 * @throws Failure `interrupted` when the operator asked to stop: what soaked so far counts
 */
export async function soak(
  crew: Crew,
  seen: Survey,
  hosts: readonly string[],
  ms: number,
): Promise<Failure | undefined> {
  const { session } = crew;
  const over = new AbortController();
  const failed: Failure[] = [];
  const defects: unknown[] = [];
  const end = AbortSignal.any([over.signal, session.stop, session.abort]);
  session.emit({
    event: 'waiting',
    host: hosts.length === 1 ? hosts[0]! : '',
    stage: 'roll out',
    for: `${Math.ceil(ms / 1000)} s of health`,
  });
  const vigils = await Promise.all(
    hosts.map(async (host) => {
      const gates = openGates(crew, seen, host);
      const sight = await newPodsInSight(crew, seen, host, gates, () => false);
      const vigil = keepVigil(crew, seen, host, sight, (error) => {
        if (error instanceof Failure) failed.push(error.at({ host }));
        else defects.push(error);
        over.abort();
      });
      return { gates, vigil };
    }),
  );
  await delay(ms, undefined, { signal: end }).catch(() => undefined);
  for (const { gates, vigil } of vigils) {
    vigil.end();
    gates.close();
  }
  if (defects.length > 0) throw defects[0];
  if (failed.length > 0) return failed[0];
  if (session.stop.aborted || session.abort.aborted)
    throw (
      failureOf(session.abort) ??
      new Failure({
        kind: 'interrupted',
        doing: 'Waiting while changed hosts soak',
        said: 'stopped as asked',
        next: 'Run `podstrap up` again: the time so far counts.',
      })
    );
  return undefined;
}
