import { execFileSync } from 'node:child_process';
import { createSign, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A small OpenID Connect issuer: as much of one as an API server asks. */
export interface Issuer {
  readonly url: string;
  /** PEM of what signed its certificate. */
  readonly authority: string;
  /** A signed token with these claims, for an hour. */
  token(claims: Readonly<Record<string, unknown>>): string;
  close(): void;
}

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** @param address where it listens, and by which it is called */
export async function startIssuer(address: string, port: number): Promise<Issuer> {
  const directory = mkdtempSync(join(tmpdir(), 'podstrap-issuer-'));
  const url = `https://${address}:${port}`;
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  try {
    const making = `req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 2 -subj /CN=issuer -addext subjectAltName=IP:${address}`;
    execFileSync('openssl', making.split(' '), { cwd: directory, stdio: 'pipe' });
    const cert = readFileSync(join(directory, 'cert'), 'utf8');
    const answers: Readonly<Record<string, unknown>> = {
      '/.well-known/openid-configuration': {
        issuer: url,
        jwks_uri: `${url}/keys`,
        authorization_endpoint: `${url}/authorize`,
        token_endpoint: `${url}/token`,
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
      },
      '/keys': { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'RS256' }] },
    };
    const server = createServer({ cert, key: readFileSync(join(directory, 'key')) }, (request, response) => {
      const answer = answers[request.url ?? ''];
      response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer ?? {}));
    });
    await new Promise<void>((resolve) => server.listen(port, address, resolve));
    return {
      url,
      authority: cert,
      token: (claims) => {
        const now = Math.floor(Date.now() / 1000);
        const body = `${encoded({ alg: 'RS256', kid: 'one', typ: 'JWT' })}.${encoded({ iss: url, iat: now, exp: now + 3600, ...claims })}`;
        return `${body}.${createSign('RSA-SHA256').update(body).sign(privateKey, 'base64url')}`;
      },
      close: () => server.close(),
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
