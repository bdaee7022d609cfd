import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { KubeApiServer } from './kube-apiserver.js';
import { readBody } from './read-body.js';

/** Answers a request that came over HTTPS. */
export async function serveApi(
  server: KubeApiServer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const certificate = (request.socket as TLSSocket).getPeerX509Certificate()?.toString();
  const body = await readBody(request).catch(() => undefined);
  // The client has gone away.
  if (body === undefined) return;
  const answer = server.answerAs(certificate, {
    method: request.method ?? 'GET',
    path: request.url ?? '/',
    contentType: request.headers['content-type'] ?? '',
    body,
  });
  const isText = typeof answer.body === 'string';
  const send = () =>
    response
      .writeHead(answer.status, { 'content-type': isText ? 'text/plain' : 'application/json' })
      .end(isText ? answer.body : JSON.stringify(answer.body));
  // Without a quorum the server tries for a while before it gives up.
  if (answer.status === 504) setTimeout(send, server.context.pace.quorumTimeout).unref();
  else send();
}
