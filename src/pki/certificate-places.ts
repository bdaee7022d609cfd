import { paths } from '../host/paths.js';
import { authorities, type CertificateRow, catalog, rowOf, serviceAccountFiles } from './catalog.js';
import type { AuthorityName } from './keys.js';
import type { Reading } from './reading.js';

const onHost = (file: string): string => (file.startsWith('/') ? file : `${paths.kubernetes}/${file}`);

/** Where hosts have a certificate and its key: a kubeconfig is one file with both. */
export interface PlaceOnHost {
  readonly certificate: string;
  readonly key: string;
}

const placeOfRow = ({ file, leadsTo }: Pick<CertificateRow, 'file' | 'leadsTo'>): PlaceOnHost => {
  const path = onHost(file);
  return leadsTo === undefined
    ? { certificate: `${path}.crt`, key: `${path}.key` }
    : { certificate: path, key: path };
};

/** Where hosts have the certificate `name`. @throws Error for a name that is not in the catalog */
export const certificatePlace = (name: string): PlaceOnHost => placeOfRow(rowOf(name));

/** Where hosts have it once more, for an etcd that runs as a user of its own: `server` and `peer`, by the names in the catalog. */
export const etcdPairPlace = (name: string): PlaceOnHost =>
  placeOfRow({ file: `${paths.etcdPairs}/${name.replace(/^etcd-/, '')}` });

export const authorityPlace = (name: AuthorityName): PlaceOnHost => placeOfRow(authorities[name]);

export const serviceAccountPlace = (name: keyof typeof serviceAccountFiles): string =>
  onHost(serviceAccountFiles[name].file);

/** Who reads which file of the tables, by its path on a host. */
export const certificateReadings: readonly (Reading & { readonly path: string })[] = [
  ...Object.values(serviceAccountFiles).map(({ file, readBy }) => ({ paths: [onHost(file)], readBy })),
  ...Object.values(authorities).flatMap((row) => [
    { paths: [placeOfRow(row).certificate], readBy: row.readBy },
    { paths: [placeOfRow(row).key], readBy: row.keyReadBy },
  ]),
  ...Object.values(catalog).map((row) => {
    const { certificate, key } = placeOfRow(row);
    return { paths: [...new Set([certificate, key])], readBy: row.readBy };
  }),
].flatMap(({ paths: files, readBy }) => readBy.flatMap((one) => files.map((path) => ({ ...one, path }))));
