import type { IncomingMessage, ServerResponse } from 'node:http';
import { sha256 } from './upstream-content.js';

/** How the registry part of an upstream checks who asks. */
export interface RegistryAuth {
  readonly scheme: 'basic' | 'bearer';
  readonly username: string;
  readonly password: string;
  /** How many requests a token is good for; default: any number. */
  readonly tokenUses?: number;
  /** Where it says that tokens are to be had; default: from itself. */
  readonly realm?: string;
}

/** Answers what lacks its proof, and requests for tokens; tells whether it did. */
export type Guard = (request: IncomingMessage, response: ServerResponse) => boolean;

/** A guard of /v2/ that asks for `auth`; it lets everything pass when there is none. */
export function registryGuard(auth: RegistryAuth | undefined): Guard {
  if (auth === undefined) return () => false;
  const basic = `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`;
  const uses = new Map<string, number>();
  return (request, response) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    const { authorization = '' } = request.headers;
    if (url.pathname === '/token') {
      if (authorization !== basic) return refuse(response, 'Basic realm="tokens"');
      const token = sha256(`${url.searchParams.get('scope')} ${uses.size}`);
      uses.set(`Bearer ${token}`, auth.tokenUses ?? Number.POSITIVE_INFINITY);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token }));
      return true;
    }
    if (!url.pathname.startsWith('/v2/')) return false;
    if (auth.scheme === 'basic')
      return authorization === basic ? false : refuse(response, 'Basic realm="registry"');
    const left = uses.get(authorization) ?? 0;
    uses.set(authorization, left - 1);
    return left > 0 ? false : refuse(response, bearer(request, url, auth));
  };
}

function bearer(request: IncomingMessage, url: URL, { realm }: RegistryAuth): string {
  const scheme = 'encrypted' in request.socket ? 'https' : 'http';
  const repository = /^\/v2\/(.+)\/(?:manifests|blobs)\//.exec(url.pathname)?.[1] ?? '';
  return `Bearer realm="${realm ?? `${scheme}://${url.host}/token`}",service="practice",scope="repository:${repository}:pull"`;
}

function refuse(response: ServerResponse, challenge: string): true {
  response.writeHead(401, { 'www-authenticate': challenge }).end();
  return true;
}
