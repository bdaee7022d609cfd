import { ComponentType, HashAlgorithm } from '@cyclonedx/cyclonedx-library/Enums';
import {
  Bom,
  Component,
  HashDictionary,
  LicenseExpression,
  Property,
  PropertyRepository,
  SpdxLicense,
} from '@cyclonedx/cyclonedx-library/Models';
import { JSON as Json, JsonSerializer } from '@cyclonedx/cyclonedx-library/Serialize';
import { Spec1dot6 } from '@cyclonedx/cyclonedx-library/Spec';
import { PackageURL } from 'packageurl-js';
import type { Artifact, BinaryArtifact, ImageArtifact } from '../../desired/artifact.js';
import { parseImageName } from '../../kubernetes/image-name.js';
import { sha256Of } from '../cache.js';
import { identityOf } from './contents.js';

/**
 * What a bundle carries, as a software bill of materials (CycloneDX 1.6, JSON). The same artifacts give the same bytes:
 * its serial number follows from them.
 * @param created seconds since 1970
 */
export function sbomOf(artifacts: readonly Artifact[], created: number): Buffer {
  const bom = new Bom();
  bom.metadata.timestamp = new Date(created * 1000);
  return written(
    bom,
    artifacts.map((artifact) =>
      artifact.kind === 'binary' ? binaryComponent(artifact) : imageComponent(artifact),
    ),
  );
}

/** A package as npm names it. */
interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX. */
  readonly license: string;
}

/**
 * What a podstrap that is one file has inside, likewise.
 * @param libraries packages of npm
 * @param runtime what an executable has besides: Node.js
 */
export function programSbom(
  program: NpmPackage,
  libraries: readonly NpmPackage[],
  runtime: readonly NpmPackage[],
): Buffer {
  const bom = new Bom();
  bom.metadata.component = packageComponent(ComponentType.Application, 'npm', program);
  return written(bom, [
    ...libraries.map((library) => packageComponent(ComponentType.Library, 'npm', library)),
    ...runtime.map((one) => packageComponent(ComponentType.Platform, 'generic', one)),
  ]);
}

function packageComponent(
  kind: ComponentType,
  type: string,
  { name, version, license }: NpmPackage,
): Component {
  const [bare, scope] = name.split('/').reverse() as [string, string?];
  const component = new Component(kind, bare, {
    ...(scope === undefined ? {} : { group: scope }),
    bomRef: `${name}@${version}`,
    version,
    purl: new PackageURL(type, scope, bare, version).toString(),
  });
  component.licenses.add(licenseOf(license));
  return component;
}

const licenseOf = (spdx: string) =>
  /^[\w.+-]+$/.test(spdx) ? new SpdxLicense(spdx) : new LicenseExpression(spdx);

function written(bom: Bom, components: readonly Component[]): Buffer {
  for (const component of components) bom.components.add(component);
  bom.serialNumber = serialNumber([...components].map(({ bomRef }) => bomRef.value!));
  const serializer = new JsonSerializer(new Json.Normalize.Factory(Spec1dot6));
  return Buffer.from(serializer.serialize(bom, { sortLists: true, space: 2 }));
}

function binaryComponent(binary: BinaryArtifact): Component {
  const { name, version, arch, path, sha256 } = binary;
  return new Component(ComponentType.File, name, {
    bomRef: `${identityOf(binary)} ${sha256}`,
    version,
    purl: new PackageURL('generic', undefined, name, version, {
      arch,
      checksum: `sha256:${sha256}`,
    }).toString(),
    hashes: new HashDictionary([[HashAlgorithm['SHA-256'], sha256]]),
    properties: new PropertyRepository([
      new Property('podstrap:arch', arch),
      new Property('podstrap:path', path),
    ]),
  });
}

function imageComponent(image: ImageArtifact): Component {
  const { ref, arch, digest } = image;
  const { registry, repository, reference } = parseImageName(ref);
  const name = repository.slice(repository.lastIndexOf('/') + 1);
  const url = { arch, repository_url: `${registry}/${repository}`, tag: reference };
  return new Component(ComponentType.Container, ref, {
    bomRef: `${identityOf(image)} ${digest}`,
    version: reference,
    purl: new PackageURL('oci', undefined, name, digest, url).toString(),
    hashes: new HashDictionary([[HashAlgorithm['SHA-256'], digest.slice('sha256:'.length)]]),
    properties: new PropertyRepository([new Property('podstrap:arch', arch)]),
  });
}

/** A UUID of version 8 (RFC 9562: made by a rule of one's own), from what is listed. */
function serialNumber(references: readonly string[]): string {
  const hex = sha256Of(references.toSorted().join('\n')).slice(0, 32).split('');
  hex[12] = '8';
  hex[16] = '8';
  const digits = hex.join('');
  return `urn:uuid:${[digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join('-')}`;
}
