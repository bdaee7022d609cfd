import { badAnswer } from './fetch-failures.js';
import type { Answer } from './http.js';
import { networkProblem, statusProblem } from './network-problem.js';

/** Milliseconds for all of it: a server that sends a byte now and then would hold everything up. */
const mostTime = 120_000;

/**
 * The whole body of an answer that is small by nature, such as a checksum, a token or a manifest.
 * @param most bytes; a longer body is refused
 * @param now milliseconds
 * @throws Failure `artifact`, `interrupted`; Transient
 */
export async function readBody(
  answer: Answer,
  most: number,
  signal?: AbortSignal,
  now: () => number = () => performance.now(),
): Promise<Buffer> {
  if (answer.status !== 200) {
    answer.drop();
    throw statusProblem(answer.url, answer.status);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  const end = now() + mostTime;
  try {
    for await (const chunk of answer.body) {
      size += chunk.length;
      if (size > most) throw badAnswer(answer.url, `more than ${most} bytes where few were expected`);
      if (now() > end) throw badAnswer(answer.url, `it is not complete after ${mostTime / 1000} s`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw networkProblem(answer.url, error, signal);
  }
  return Buffer.concat(chunks);
}
