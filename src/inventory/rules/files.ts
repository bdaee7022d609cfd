import { X509Certificate } from 'node:crypto';
import { type Draft, hostsOf } from '../draft.js';
import type { Path } from '../path.js';
import { type Files, resolvePath } from '../reading/files.js';
import type { Finding } from '../reading/finding.js';

interface Reference {
  readonly path: Path;
  readonly value: string | undefined;
  /** What the file is, for "a file with …". */
  readonly holds: string;
  /** What is wrong with its text; undefined when nothing is. */
  readonly judge?: (text: string) => string | undefined;
}

/** Every file that the inventory names must be there, and must be what it should be as far as a glance can tell. */
export const checkFiles = (
  draft: Draft,
  files: Files,
  from: { directory: string; home: string | undefined },
): readonly Finding[] =>
  [...sshFiles(draft), ...authorities(draft), ...registries(draft), ...bundle(draft)].flatMap((reference) =>
    reference.value === undefined ? [] : checkReference(reference, resolvePath(reference.value, from), files),
  );

function checkReference({ path, value, holds, judge }: Reference, absolute: string, files: Files): Finding[] {
  const expected = `a file with ${holds}`;
  const kind = files.kind(absolute);
  if (kind !== 'file') {
    const where = value === absolute ? value : `${value} (${absolute})`;
    return [
      { path, found: kind === undefined ? `no such file: ${where}` : `${where} is a directory`, expected },
    ];
  }
  const complaint = judge && judgeFile(absolute, files, judge);
  return complaint === undefined ? [] : [{ path, found: `${value} ${complaint}`, expected }];
}

function judgeFile(
  absolute: string,
  files: Files,
  judge: (text: string) => string | undefined,
): string | undefined {
  try {
    return judge(files.read(absolute));
  } catch (error) {
    return `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`;
  }
}

function sshFiles(draft: Draft): readonly Reference[] {
  const settings = [
    { path: ['spec', 'ssh'] as Path, ssh: draft.spec?.ssh },
    ...hostsOf(draft).map(({ host, index }) => ({ path: ['spec', 'hosts', index, 'ssh'], ssh: host.ssh })),
  ];
  return settings.flatMap(({ path, ssh }) => [
    {
      path: [...path, 'identityFile'],
      value: ssh?.identityFile,
      holds: 'a private key',
      judge: judgeIdentity,
    },
    {
      path: [...path, 'configFile'],
      value: ssh?.configFile === 'none' ? undefined : ssh?.configFile,
      holds: 'the settings of ssh_config',
    },
  ]);
}

const authorities = ({ spec }: Draft): readonly Reference[] =>
  Object.entries(spec?.certificateAuthorities ?? {}).flatMap(([name, pair]) => [
    {
      path: ['spec', 'certificateAuthorities', name, 'certificate'],
      value: pair?.certificate,
      holds: 'the certificate of an authority in PEM',
      judge: judgeAuthority,
    },
    {
      path: ['spec', 'certificateAuthorities', name, 'key'],
      value: pair?.key,
      holds: 'its private key in PEM',
      judge: judgeKey,
    },
  ]);

const registries = ({ spec }: Draft): readonly Reference[] =>
  Object.entries(spec?.artifacts?.registries ?? {}).map(([name, registry]) => ({
    path: ['spec', 'artifacts', 'registries', name, 'caFile'],
    value: registry?.caFile,
    holds: 'the certificate of an authority in PEM',
    judge: judgeCertificate,
  }));

const bundle = ({ spec }: Draft): readonly Reference[] => [
  {
    path: ['spec', 'artifacts', 'bundle', 'publicKeyFile'],
    value: spec?.artifacts?.bundle?.publicKeyFile,
    holds: 'a public key in PEM',
    judge: (text) => (text.includes('-----BEGIN PUBLIC KEY-----') ? undefined : 'holds no public key in PEM'),
  },
];

const judgeIdentity = (text: string): string | undefined =>
  /^(ssh-|ecdsa-|sk-)/.test(text)
    ? 'holds a public key; the private one is beside it, without .pub'
    : undefined;

const judgeKey = (text: string): string | undefined =>
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text) ? undefined : 'holds no private key in PEM';

function judgeCertificate(text: string): string | undefined {
  return parse(text) === undefined ? 'holds no certificate in PEM' : undefined;
}

const judgeAuthority = (text: string): string | undefined =>
  parse(text)?.ca === false ? 'holds a certificate that may not sign others' : judgeCertificate(text);

function parse(text: string): X509Certificate | undefined {
  try {
    return new X509Certificate(text);
  } catch {
    return undefined;
  }
}
