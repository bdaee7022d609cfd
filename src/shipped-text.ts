import { readFileSync } from 'node:fs';

/** The package's folder, seen from `src` and from what the compiler makes of it; what is shipped has the texts inside. */
const home = new URL('../', import.meta.url);

/**
 * The text of a file that belongs to the program: a template, package.json. `scripts/one-file.mjs` puts what is needed in
 * place of this module, so that a podstrap that is one file needs no other.
 * @param path below the package's folder, such as `templates/etcd.yaml.hbs`
 */
export const shippedText = (path: string): string => readFileSync(new URL(path, home), 'utf8');
