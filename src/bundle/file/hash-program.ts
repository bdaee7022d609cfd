/** A part of a file to hash, or a signature over it to check. */
export interface HashJob {
  readonly file: string;
  readonly start: number;
  readonly size: number;
  /** Check this signature (SHA-256 inside) instead. The key is public: PEM. */
  readonly signed?: { readonly key: string; readonly signature: Uint8Array } | undefined;
}

/** What a worker says about its job: how far it is, then how it ended. */
export type HashNews =
  | { readonly bytes: number }
  /** Hex SHA-256, or whether the signature fits; undefined when the file could not be read, with what the system said. */
  | { readonly sha256: string }
  | { readonly fits: boolean }
  | { readonly error: string };

/**
 * The whole program of a worker thread. It is given to the thread as text, so that it runs from any build of podstrap:
 * it may use nothing from outside.
 */
export function hashProgram(): void {
  const { parentPort } = process.getBuiltinModule('node:worker_threads');
  const { createHash, createVerify } = process.getBuiltinModule('node:crypto');
  const { closeSync, openSync, readSync } = process.getBuiltinModule('node:fs');
  const buffer = Buffer.allocUnsafe(1 << 20);
  const tellEvery = 8 << 20;

  const feed = ({ file, start, size }: HashJob, sink: { update(data: Uint8Array): unknown }): void => {
    const handle = openSync(file, 'r');
    try {
      let told = 0;
      for (let done = 0; done < size; ) {
        const count = readSync(handle, buffer, 0, Math.min(buffer.length, size - done), start + done);
        if (count === 0) return;
        sink.update(buffer.subarray(0, count));
        done += count;
        if (done - told < tellEvery && done < size) continue;
        parentPort?.postMessage({ bytes: done - told } satisfies HashNews);
        told = done;
      }
    } finally {
      closeSync(handle);
    }
  };
  const resultOf = (job: HashJob): HashNews => {
    try {
      const sink = job.signed ? createVerify('SHA256') : createHash('sha256');
      feed(job, sink);
      if ('verify' in sink) return { fits: sink.verify(job.signed!.key, job.signed!.signature) };
      return { sha256: sink.digest('hex') };
    } catch (error) {
      return { error: (error as Error).message };
    }
  };
  parentPort?.on('message', (job: HashJob) => parentPort.postMessage(resultOf(job)));
}
