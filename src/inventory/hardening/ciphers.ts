/** What API servers encrypt with, by a key in their own configuration. */
export const ciphers = ['secretbox', 'aescbc', 'aesgcm'] as const;
export type Cipher = (typeof ciphers)[number];
