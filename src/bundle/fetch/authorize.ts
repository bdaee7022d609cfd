import type { Secret } from '../../secret.js';
import { type Challenge, parseChallenges } from './challenge.js';
import { badAnswer, unauthorized } from './fetch-failures.js';
import type { Answer, Http } from './http.js';
import { statusProblem } from './network-problem.js';
import { readBody } from './read-body.js';
import { namedServer, pullScope, tokenServer } from './token-server.js';

export interface Credentials {
  readonly username: string;
  readonly password: Secret;
}

type Headers = Readonly<Record<string, string>>;

/** GET with whatever proof the server asks for. */
export type AuthorizedGet = (url: string, headers?: Headers) => Promise<Answer>;

export interface AuthorizeOptions {
  readonly http: Http;
  readonly credentials?: Credentials | undefined;
  /** Whether the password may travel without encryption. */
  readonly insecure: boolean;
  readonly signal?: AbortSignal | undefined;
}

const mostToken = 1 << 20;

/**
 * Answers a registry's challenges for one repository: Basic, or a token from the server that the challenge names
 * (https://distribution.github.io/distribution/spec/auth/token/). The proof is kept for the next requests and renewed
 * when it is refused.
 */
export function authorizedGet(repository: string, options: AuthorizeOptions): AuthorizedGet {
  let proof: Promise<string> | undefined;
  return async (url, headers = {}) => {
    const used = proof;
    const ask = async () =>
      options.http.get(url, { ...headers, ...(proof ? { authorization: await proof } : {}) });
    const answer = await ask();
    if (answer.status !== 401) return answer;
    answer.drop();
    // Another request may have renewed it meanwhile.
    if (proof === used) {
      const renewed = prove(url, answer, repository, options);
      proof = renewed;
      renewed.catch(() => {
        if (proof === renewed) proof = undefined;
      });
    }
    const second = await ask();
    if (second.status !== 401 && second.status !== 403) return second;
    second.drop();
    throw unauthorized(url, second.status, options.credentials !== undefined);
  };
}

/** The Authorization header that answers a refusal of what was `asked`. */
async function prove(
  asked: string,
  refusal: Answer,
  repository: string,
  options: AuthorizeOptions,
): Promise<string> {
  const challenges = parseChallenges(refusal.header('www-authenticate') ?? '');
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
  if (bearer) return `Bearer ${await fetchToken(asked, refusal, bearer, repository, options)}`;
  const basic = challenges.some(({ scheme }) => scheme === 'basic');
  if (!basic || options.credentials === undefined)
    throw unauthorized(refusal.url, refusal.status, options.credentials !== undefined);
  // It goes to what was asked, and on from there to nobody.
  return basicProof(asked, options);
}

async function fetchToken(
  asked: string,
  refusal: Answer,
  { parameters }: Challenge,
  repository: string,
  options: AuthorizeOptions,
): Promise<string> {
  const { realm, service, scope } = parameters;
  const isSecret = options.credentials !== undefined;
  const url = isSecret ? tokenServer(asked, refusal, realm, options.insecure) : namedServer(refusal, realm);
  if (service !== undefined) url.searchParams.set('service', service);
  url.searchParams.set('scope', pullScope(scope, repository));
  const authorization = isSecret ? { authorization: basicProof(url.href, options) } : {};
  const answer = await options.http.get(url.href, authorization);
  if (answer.status === 401 || answer.status === 403) {
    answer.drop();
    throw unauthorized(refusal.url, answer.status, options.credentials !== undefined);
  }
  if (answer.status !== 200) {
    answer.drop();
    throw statusProblem(url.origin + url.pathname, answer.status);
  }
  const token = tokenIn(await readBody(answer, mostToken, options.signal));
  if (token === undefined) throw badAnswer(url.origin + url.pathname, 'it gave no token');
  return token;
}

function tokenIn(body: Buffer): string | undefined {
  try {
    const { token, access_token } = JSON.parse(body.toString());
    return [token, access_token].find((value) => typeof value === 'string' && value !== '');
  } catch {
    return undefined;
  }
}

function basicProof(url: string, { credentials, insecure }: AuthorizeOptions): string {
  if (!url.startsWith('https:') && !insecure)
    throw badAnswer(
      url,
      'the password would travel without encryption',
      'Serve it by HTTPS, or accept the risk with `insecure: true` in spec.artifacts.registries.',
    );
  const { username, password } = credentials!;
  return `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`;
}
