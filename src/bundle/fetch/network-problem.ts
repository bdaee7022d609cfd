import { Failure } from '../../failure.js';
import { badAnswer, interrupted, noNetwork, notFound, unauthorized, untrusted } from './fetch-failures.js';
import { Transient } from './retry.js';

/** Nobody is there; asking again at once does not help. */
const absent = new Set(['ENOTFOUND', 'ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL']);

/** What to throw when a request or the reading of its answer failed: Transient for what may pass. */
export function networkProblem(
  url: string,
  error: unknown,
  signal: AbortSignal | undefined,
  progressed = false,
): Failure | Transient {
  if (signal?.aborted) return interrupted();
  if (error instanceof Failure || error instanceof Transient) return error;
  const cause = firstCause(error);
  const code = (cause as { code?: string }).code ?? '';
  if (absent.has(code)) return noNetwork(url, cause);
  if (isTrustCode(code)) return untrusted(url, cause);
  return new Transient(noNetwork(url, cause), progressed);
}

/** What to throw for an answer that is not the content: Transient for what may pass. */
export function statusProblem(url: string, status: number, hadCredentials = false): Failure | Transient {
  if (status === 404 || status === 410) return notFound(url, status);
  if (status === 401 || status === 403) return unauthorized(url, status, hadCredentials);
  const failure = badAnswer(url, `HTTP ${status}`);
  return status >= 500 || status === 429 || status === 408 ? new Transient(failure) : failure;
}

/** Node.js tries each address of a name and gives all their errors together; the first one tells enough. */
function firstCause(error: unknown): unknown {
  const inner = error instanceof AggregateError ? error.errors[0] : undefined;
  return inner === undefined ? error : firstCause(inner);
}

/** OpenSSL's verification errors have no common prefix; these are the families that Node.js documents. */
const isTrustCode = (code: string): boolean =>
  /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(GET_ISSUER|VERIFY)|HOSTNAME_MISMATCH|INVALID_CA)/.test(
    code,
  );
