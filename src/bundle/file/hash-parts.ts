import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type HashJob, type HashNews, hashProgram } from './hash-program.js';

/** How a job ended: hex SHA-256, whether the signature fits, or what the system said. */
export type HashResult = Exclude<HashNews, { readonly bytes: number }>;

/**
 * Hashes parts of files on all cores, the largest first, in flat memory.
 * @param onBytes called with the bytes that were hashed since the last call
 * @returns results in the order of the jobs; undefined for those that were not begun when the signal came
 */
export async function hashParts(
  jobs: readonly HashJob[],
  onBytes: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<readonly (HashResult | undefined)[]> {
  const results = new Array<HashResult | undefined>(jobs.length);
  const waiting = jobs.map((_, at) => at).sort((a, b) => jobs[b]!.size - jobs[a]!.size);
  const work = async (): Promise<void> => {
    const worker = new Worker(`(${hashProgram.toString()})()`, { eval: true });
    try {
      for (let at = waiting.shift(); at !== undefined && !signal?.aborted; at = waiting.shift())
        results[at] = await run(worker, jobs[at]!, onBytes, signal);
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), jobs.length) }, work));
  return results;
}

/** @returns undefined when the signal came first */
function run(
  worker: Worker,
  job: HashJob,
  onBytes: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<HashResult | undefined> {
  return new Promise((resolve, reject) => {
    const onMessage = (news: HashNews) => {
      if ('bytes' in news) onBytes(news.bytes);
      else end(() => resolve(news));
    };
    const onError = (error: unknown) => end(() => reject(error));
    const onAbort = () => end(() => resolve(undefined));
    const end = (settle: () => void) => {
      worker.off('message', onMessage).off('error', onError);
      signal?.removeEventListener('abort', onAbort);
      settle();
    };
    worker.on('message', onMessage).on('error', onError);
    signal?.addEventListener('abort', onAbort);
    worker.postMessage(job);
  });
}
