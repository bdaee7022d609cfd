import { badAnswer } from './fetch-failures.js';
import type { Answer } from './http.js';
import { networkProblem, statusProblem } from './network-problem.js';

/**
 * The whole body of an answer that is small by nature, such as a checksum, a token or a manifest.
 * @param most bytes; a longer body is refused
 * @throws Failure `artifact`, `interrupted`; Transient
 */
export async function readBody(answer: Answer, most: number, signal?: AbortSignal): Promise<Buffer> {
  if (answer.status !== 200) {
    answer.body.resume();
    throw statusProblem(answer.url, answer.status);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer.body) {
      size += chunk.length;
      if (size > most) throw badAnswer(answer.url, `more than ${most} bytes where few were expected`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw networkProblem(answer.url, error, signal);
  }
  return Buffer.concat(chunks);
}
