import type { Lanes } from '../../lanes.js';
import type { Cache } from '../cache.js';
import type { Http } from './http.js';
import type { RetryPolicy } from './retry.js';

/** What everyone needs who fetches something. */
export interface Fetching {
  readonly cache: Cache;
  /** For files; registries have a client of their own, with their own trust. */
  readonly http: Http;
  readonly retry: RetryPolicy;
  /** Limits how many downloads run at once. */
  readonly lane: Lanes;
  /** Downloads that are under way, by digest: images share layers. */
  readonly underWay: Map<string, Promise<unknown>>;
  readonly signal: AbortSignal | undefined;
}
