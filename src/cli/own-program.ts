import { fileURLToPath } from 'node:url';

/** The script that node runs as `podstrap`: beside this file, both as it is compiled and as it is shipped in one file. */
export const ownProgram = fileURLToPath(new URL('./bin.js', import.meta.url));
