import { readFile } from 'node:fs/promises';
import { certificateIn, whyInvalid } from './certificate.js';
import type { Hop } from './hop.js';

/** Why podstrap's own client cannot offer a key of this type. */
export const onlyOpenssh = (type: string): string =>
  `${type.includes('-cert-') ? 'certificates' : 'security keys'} want \`ssh.client: openssh\``;

const namedKeys = (hop: Hop): readonly string[] => [...hop.identityFiles, ...hop.usualFiles];

/** A certificate stands beside its key, or ssh_config names it. */
const certificateFiles = (hop: Hop): readonly string[] => [
  ...new Set([...hop.certificateFiles, ...namedKeys(hop).map((file) => `${file}-cert.pub`)]),
];

/** What lies beside the keys of a login and only OpenSSH can offer: a line for each. */
export async function unusableFiles(hop: Hop): Promise<readonly string[]> {
  const found = await Promise.all(
    certificateFiles(hop).map(async (file) =>
      certificateIn(await textOf(file)) ? [`${file} (${onlyOpenssh('-cert-')})`] : [],
    ),
  );
  const keys = await Promise.all(
    hop.usualFiles.map(async (file) => {
      const security = file.replace(/id_(ed25519|ecdsa)$/, 'id_$1_sk');
      return security !== file && (await isSecurityKey(security))
        ? [`${security} (${onlyOpenssh('sk-')})`]
        : [];
    }),
  );
  return [...found, ...keys].flat();
}

/** Certificates that a user cannot log in with, each with the reason. */
export async function refusedCertificates(hop: Hop, now: Date): Promise<readonly string[]> {
  const found = await Promise.all(
    certificateFiles(hop).map(async (file) => {
      const certificate = certificateIn(await textOf(file));
      const why = certificate && whyInvalid(certificate, hop.user, now);
      return why === undefined ? [] : [`the certificate ${file} is refused: ${why}`];
    }),
  );
  return found.flat();
}

/** Whether one of the keys that are offered is a security key, which somebody has to touch. */
export async function mayWantTouch(hop: Hop): Promise<boolean> {
  return (await Promise.all(namedKeys(hop).map(isSecurityKey))).includes(true);
}

const isSecurityKey = async (file: string): Promise<boolean> =>
  (await textOf(`${file.replace(/\.pub$/, '')}.pub`)).startsWith('sk-');

const textOf = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');
