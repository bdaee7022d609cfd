import { createPublicKey, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Inventory } from '../../src/inventory/inventory.js';
import { type CertificateSpec, certificateSpec, operatorSpec } from '../../src/pki/certificate-spec.js';
import type { AuthorityName } from '../../src/pki/keys.js';
import { generateKey } from '../../src/pki/x509/generate-key.js';
import { issue, issueAuthority } from '../../src/pki/x509/issue.js';
import { openSigner, type Signer } from '../../src/pki/x509/signer.js';
import { day } from './cluster.js';

/** Someone else’s authority: its files in `directory`, named NAME.crt and NAME.key, and the means to sign. */
export async function foreignAuthority(directory: string, name: string, at: Date, days = 3650) {
  const { privateKey } = await generateKey('ECDSA-P384');
  const certificate = await issueAuthority(
    { commonName: `foreign ${name}`, validityMs: days * day },
    privateKey,
    { now: at, randomBytes },
  );
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, `${name}.crt`), certificate);
  writeFileSync(join(directory, `${name}.key`), privateKey.reveal(), { mode: 0o600 });
  return { certificate, signer: openSigner(certificate, privateKey) };
}

/** Files of requests under `directory`, relative to it. */
export const requests = (directory: string): readonly string[] =>
  (readdirSync(directory, { recursive: true }) as string[]).filter((file) => file.endsWith('.csr')).sort();

/** Signs every request below `directory`, as an operator with the authorities’ keys would; `change` makes mistakes. */
export async function signAll(
  directory: string,
  inventory: Inventory,
  signers: Readonly<Partial<Record<AuthorityName, Signer>>>,
  at: Date,
  change: (spec: CertificateSpec) => Partial<CertificateSpec> = () => ({}),
): Promise<void> {
  for (const file of requests(directory)) {
    const owner = basename(dirname(file));
    const name = basename(file, '.csr');
    const host = inventory.spec.hosts.find((one) => one.name === owner);
    const spec = host
      ? certificateSpec(inventory, host, name)
      : operatorSpec(inventory, name as 'super-admin' | 'etcd');
    const key = readFileSync(join(directory, file.replace(/csr$/, 'key')), 'utf8');
    const publicKey = createPublicKey(key).export({ type: 'spki', format: 'pem' }) as string;
    const certificate = await issue({ ...spec, ...change(spec) }, publicKey, signers[spec.authority]!, {
      now: at,
      randomBytes,
    });
    writeFileSync(join(directory, file.replace(/csr$/, 'crt')), certificate);
  }
}
