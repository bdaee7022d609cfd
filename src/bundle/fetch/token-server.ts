import { badAnswer } from './fetch-failures.js';
import type { Answer } from './http.js';

/**
 * The address at which a refusal asks us to get a token, when our credentials may go there. Who could name it could also
 * have asked for the password itself, as long as nobody else could: so only the very server that was asked, not one that
 * it redirects to, and over a connection that nobody else can write to, may name another host; over any other one the
 * token must come from the same host. `containerd` and `docker` send the password wherever they are told.
 * @param asked the address that was asked
 * @param insecure whether the password may travel without encryption
 * @throws Failure `artifact` saying why it may not
 */
export function tokenServer(
  asked: string,
  refusal: Answer,
  realm: string | undefined,
  insecure: boolean,
): URL {
  const [from, to] = [new URL(refusal.url), namedServer(refusal, realm)];
  const refused = (said: string, next: string) => badAnswer(refusal.url, said, next);
  if (to.username !== '' || to.password !== '')
    throw refused(`it names a token server with credentials of its own, on ${to.host}`, elsewhere);
  if (from.origin !== new URL(asked).origin)
    throw refused(
      `${new URL(asked).origin} redirects there, and it asks for a password at ${to.origin}`,
      'The password was not sent. Ask who runs that registry: what it redirects to must not ask for credentials.',
    );
  if (to.protocol === 'http:' && !(insecure && to.hostname === from.hostname))
    throw refused(
      insecure
        ? `it wants the password sent to another host without encryption, ${to.origin}`
        : 'the password would travel without encryption',
      insecure
        ? elsewhere
        : 'Serve it by HTTPS, or accept the risk with `insecure: true` in spec.artifacts.registries.',
    );
  if (from.protocol === 'http:' && to.hostname !== from.hostname)
    throw refused(
      `it wants the password sent to another host, ${to.origin}, and anybody on the way can have written that: it is not encrypted`,
      elsewhere,
    );
  return to;
}

const elsewhere =
  'The password was not sent. Serve the registry or mirror by HTTPS (caFile in spec.artifacts.registries names an authority of your own), or have it give tokens itself.';

/** The address at which a refusal asks us to get a token. @throws Failure `artifact` when it names none */
export function namedServer(refusal: Answer, realm: string | undefined): URL {
  if (realm !== undefined && URL.canParse(realm)) {
    const url = new URL(realm);
    if (url.protocol === 'https:' || url.protocol === 'http:') return url;
  }
  throw badAnswer(refusal.url, 'it names no token server');
}

/** The scope to ask for: what the challenge says, as far as it is about pulling, since the answer goes to who wrote it. */
export function pullScope(scope: string | undefined, repository: string): string {
  const pulls = (scope ?? '').split(' ').filter((one) => /^repository:\S+:pull$/.test(one));
  return pulls.length > 0 ? pulls.join(' ') : `repository:${repository}:pull`;
}
