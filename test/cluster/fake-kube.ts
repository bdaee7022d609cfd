import type { Kube } from '../../src/cluster/kube.js';

const unknown = () => Promise.reject(new Error('the fake does not know this call'));

/** An API server that knows these calls and refuses all others. */
export const fakeKube = (known: Partial<Kube>): Kube => ({
  get: unknown,
  apply: unknown,
  foresee: unknown,
  create: unknown,
  remove: unknown,
  list: unknown,
  patch: unknown,
  rewrite: unknown,
  evict: unknown,
  read: unknown,
  begin: () => undefined,
  close: () => undefined,
  ...known,
});
