/** The lines of a kubeconfig that hold no key, as a regular expression of grep -E and of ours: those that are named here. */
export const publicLines =
  '^[ -]*(apiVersion|kind|clusters|cluster|contexts|context|users|user|name|server|tls-server-name|certificate-authority-data|client-certificate-data|current-context|preferences): *[^ ]*$';

const clientCertificate = /^([ -]*client-certificate-data: *)"?([A-Za-z0-9+/=]+)"?$/m;

/** A kubeconfig without its key. Pure. */
export const publicPartOf = (kubeconfig: string): string =>
  kubeconfig
    .split('\n')
    .filter((line) => new RegExp(publicLines).test(line))
    .join('\n');

/** The certificate (PEM) in a kubeconfig, and what is left of its public part without it; undefined where there is none. */
export function splitKubeconfig(publicPart: string): { certificate: string; rest: string } | undefined {
  const encoded = clientCertificate.exec(publicPart)?.[2];
  if (encoded === undefined) return undefined;
  return {
    certificate: Buffer.from(encoded, 'base64').toString('utf8'),
    rest: publicPart.replace(clientCertificate, '$1').trim(),
  };
}
