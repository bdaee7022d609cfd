import {
  createPrivateKey,
  createPublicKey,
  randomBytes as nodeRandomBytes,
  X509Certificate,
} from 'node:crypto';
import type { Inventory } from '../inventory/inventory.js';
import { Secret } from '../secret.js';
import { openAuthority } from './authorities.js';
import { type CertificateSpec, certificateSpec, certificatesOf, operatorSpec } from './catalog.js';
import { generateKey } from './generate-key.js';
import { issue } from './issue.js';
import { judgeCertificate } from './judge.js';
import type { Authority, AuthorityName, CertifiedKey, Keys } from './keys.js';
import { formatPairs, parsePairs } from './pairs-file.js';
import { adoptSigned, requestAll, type Unsigned } from './requests.js';
import { readIfThere, readSecretIfThere, writeWhole } from './store-files.js';
import { withStoreLock } from './store-lock.js';

export interface KeystoreInput {
  /** Where everything of the cluster is kept, `.podstrap/<cluster>`. */
  readonly directory: string;
  readonly inventory: Inventory;
  readonly now: Date;
  readonly randomBytes?: (size: number) => Buffer;
}

export interface OpenKeystore {
  readonly keys: Keys;
  /** Names of what did not exist before. */
  readonly made: readonly string[];
  /** Names of certificates that had to be made anew, with the reason. */
  readonly renewed: readonly string[];
}

const authorityList: readonly AuthorityName[] = ['ca', 'front-proxy-ca', 'etcd-ca'];

/**
 * Opens a cluster's keystore: loads what is there, makes what is missing, renews what no longer satisfies the catalog
 * or is within its renewal window. Authorities are made once and never renewed here.
 * @throws Failure `keystore` when a file is damaged, readable by others, does not fit its key, or when certificates
 *   have to be signed by an authority whose key is elsewhere; `locked` when another process works on the keystore
 */
export const openKeystore = (input: KeystoreInput): Promise<OpenKeystore> =>
  withStoreLock(`${input.directory}/pki/.lock`, () => open(input));

async function open(input: KeystoreInput): Promise<OpenKeystore> {
  const { directory, inventory, now, randomBytes = nodeRandomBytes } = input;
  const made: string[] = [];
  const renewed: string[] = [];
  const opened = await Promise.all(
    authorityList.map((name) => openAuthority(directory, inventory, name, now)),
  );
  opened.forEach(({ made: isNew }, index) => {
    if (isNew) made.push(authorityList[index]!);
  });
  const authorities = Object.fromEntries(
    opened.map(({ authority }, index) => [authorityList[index]!, authority]),
  ) as Record<AuthorityName, Authority>;
  const unsigned: Unsigned[] = [];
  const complete = (owner: string, file: string, specs: readonly CertificateSpec[]) =>
    completePairs({ ...input, authorities, made, renewed, unsigned }, owner, file, specs);
  const hosts = await Promise.all(
    inventory.spec.hosts.map(async (host) => {
      const specs = certificatesOf(host).map((name) => certificateSpec(inventory, host, name));
      return [
        host.name,
        await complete(host.name, `${directory}/pki/hosts/${host.name}.pem`, specs),
      ] as const;
    }),
  );
  const operator = await complete('operator', `${directory}/pki/operator.pem`, [
    operatorSpec(inventory, 'super-admin'),
    operatorSpec(inventory, 'etcd'),
  ]);
  await requestAll(`${directory}/csr`, unsigned);
  const keys: Keys = {
    clusterId: await clusterId(`${directory}/pki/cluster-id`, randomBytes),
    authorities,
    serviceAccount: await serviceAccount(directory, inventory, made),
    hosts: Object.fromEntries(hosts),
    operator: { 'super-admin': operator['super-admin']!, etcd: operator['etcd']! },
  };
  return { keys, made, renewed };
}

interface Completion extends KeystoreInput {
  readonly authorities: Readonly<Record<AuthorityName, Authority>>;
  readonly made: string[];
  readonly renewed: string[];
  readonly unsigned: Unsigned[];
}

/** The pairs of one owner, with those made anew that are missing or no longer satisfy their spec. */
async function completePairs(
  completion: Completion,
  owner: string,
  file: string,
  specs: readonly CertificateSpec[],
): Promise<Record<string, CertifiedKey>> {
  const { authorities, now, made, renewed, unsigned, directory } = completion;
  const text = await readSecretIfThere(file);
  const present = text === undefined ? {} : parsePairs(text);
  const pairs: Record<string, CertifiedKey> = {};
  let changed = false;
  await Promise.all(
    specs.map(async (spec) => {
      const authority = authorities[spec.authority];
      const found = present[spec.name];
      const wrong = found ? faults(found, spec, authority, now) : ['it is missing'];
      if (found && wrong.length === 0) {
        pairs[spec.name] = found;
        return;
      }
      changed = true;
      (found ? renewed : made).push(`${owner}/${spec.name}${found ? `: ${wrong.join('; ')}` : ''}`);
      if (authority.key !== undefined) pairs[spec.name] = await makePair(spec, authority, authority.key, now);
      else {
        const signed = await adoptSigned(`${directory}/csr/${owner}`, spec, authority, now);
        if (signed) pairs[spec.name] = signed;
        else unsigned.push({ owner, spec });
      }
    }),
  );
  const ordered = Object.fromEntries(specs.flatMap(({ name }) => (pairs[name] ? [[name, pairs[name]]] : [])));
  if (changed) await writeWhole(file, formatPairs(ordered), 0o600);
  return ordered;
}

/** What is wrong with a stored pair, as sentences. */
function faults(
  { certificate, key }: CertifiedKey,
  spec: CertificateSpec,
  authority: Authority,
  now: Date,
): string[] {
  const judged = judgeCertificate(certificate, spec, authority.certificate, now).map(({ said }) => said);
  if (judged.length > 0) return judged;
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key.reveal()))
      ? []
      : ['its key is another one'];
  } catch {
    return ['its key cannot be read'];
  }
}

async function makePair(
  spec: CertificateSpec,
  authority: Authority,
  key: Secret,
  now: Date,
): Promise<CertifiedKey> {
  const { privateKey, publicKey } = await generateKey(spec.algorithm);
  const certificate = await issue({
    spec,
    authority: false,
    publicKey,
    issuer: authority.certificate,
    key,
    now,
  });
  return { certificate, key: privateKey };
}

async function clusterId(file: string, randomBytes: (size: number) => Buffer): Promise<string> {
  const present = (await readIfThere(file))?.trim();
  if (present !== undefined && /^[0-9a-f]{32}$/.test(present)) return present;
  const id = randomBytes(16).toString('hex');
  await writeWhole(file, `${id}\n`, 0o600);
  return id;
}

/** The pair that signs service account tokens. Its public half follows from the private one. */
async function serviceAccount(
  directory: string,
  inventory: Inventory,
  made: string[],
): Promise<Keys['serviceAccount']> {
  const file = `${directory}/pki/sa.key`;
  let pem = await readSecretIfThere(file);
  if (pem === undefined) {
    pem = (await generateKey(inventory.spec.encryptionAlgorithm)).privateKey.reveal();
    await writeWhole(file, pem, 0o600);
    made.push('sa');
  }
  const publicKey = createPublicKey(pem).export({ type: 'spki', format: 'pem' }) as string;
  return { publicKey, privateKey: new Secret(pem) };
}
