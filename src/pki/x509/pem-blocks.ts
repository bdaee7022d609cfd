const certificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----/;

/** The certificates in a text, in their order. */
export const certificateBlocks = (text: string): readonly string[] =>
  (text.match(certificate) ?? []).map((block) => `${block}\n`);

/** The first private key in a text. */
export function keyBlock(text: string): string | undefined {
  const block = privateKey.exec(text)?.[0];
  return block === undefined ? undefined : `${block}\n`;
}
