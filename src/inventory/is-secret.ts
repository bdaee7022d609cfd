import type { Path } from './path.js';

/** Whether what stands at `path` must not be shown, even when it is wrong. */
export const isSecret = (path: Path): boolean => path.at(-1) === 'password' && path.includes('registries');
