import type { IncomingMessage } from 'node:http';

/** The whole body of a request. @throws when the client goes away before its end */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
