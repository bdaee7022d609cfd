import { Failure, Failures } from '../failure.js';
import type { Session } from '../survey/session.js';

/** Runs a stage and tells how long it took. */
export async function stage<T>({ emit }: Session, name: string, work: () => Promise<T>): Promise<T> {
  emit({ event: 'stage', stage: name, state: 'started' });
  const began = performance.now();
  const result = await work();
  emit({ event: 'stage', stage: name, state: 'finished', seconds: (performance.now() - began) / 1000 });
  return result;
}

/**
 * The same work on several hosts at once; what fails on some does not stop it on the others.
 * @param passOver whether a host that has failed so may be missing
 */
export async function onHosts(
  { emit }: Session,
  stageName: string,
  hosts: readonly string[],
  work: (host: string) => Promise<string>,
  passOver: (host: string, error: unknown) => boolean = () => false,
): Promise<void> {
  const results = await Promise.allSettled(
    hosts.map(async (host) => {
      try {
        const did = await work(host);
        emit({ event: 'host-done', host, stage: stageName, did });
      } catch (error) {
        const goesOn = passOver(host, error);
        if (error instanceof Failure)
          emit({ event: 'host-failed', host, stage: stageName, said: error.message.split('\n')[0]! });
        if (!goesOn) throw error;
      }
    }),
  );
  throwAll(results);
}

/** Throws every foreseen failure together; a defect is thrown as it is. */
export function throwAll(results: readonly PromiseSettledResult<unknown>[]): void {
  const errors = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  if (errors.length === 0) return;
  const failures: Failure[] = [];
  for (const error of errors) {
    if (error instanceof Failures) failures.push(...error.failures);
    else if (error instanceof Failure) failures.push(error);
    else throw error;
  }
  // What ended all of them at once, such as the loss of the lock, is one.
  const different = [...new Set(failures)];
  throw different.length === 1 ? different[0] : new Failures(different);
}
