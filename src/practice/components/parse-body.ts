import { load } from 'js-yaml';
import { ApiError } from './api-error.js';
import type { Json } from './server-side-apply.js';

/** The object in a request's body; JSON is YAML. @throws ApiError */
export function parseBody(body: string): Json {
  try {
    const object = body.startsWith('{') ? JSON.parse(body) : load(body);
    if (typeof object === 'object' && object !== null) return object as Json;
  } catch {
    // Said below.
  }
  throw new ApiError(400, 'BadRequest', 'the object provided is unrecognized');
}
