import type { Failure } from '../failure.js';

export type Arch = 'amd64' | 'arm64';

/** Content that travels, known by its digest. */
export interface Blob {
  /** Hex SHA-256. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** The version of files that are the user's own: they have none. */
export const extraFileVersion = 'extra';

/** A file for a host, known by digest before it is sent. */
export interface BinaryArtifact {
  readonly kind: 'binary';
  /** `kubelet`, `kubectl`, `containerd`, `ctr`, `containerd-shim-runc-v2`, `runc`, or a CNI plugin's name. */
  readonly name: string;
  readonly version: string;
  readonly arch: Arch;
  /** Where it goes on a host: /usr/local/bin, /usr/local/sbin or /opt/cni/bin. */
  readonly path: string;
  readonly mode: number;
  /** Hex SHA-256 of the file itself (not of the archive it came in). */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** An image for a host's containerd, one platform of it. */
export interface ImageArtifact {
  readonly kind: 'image';
  /** The full name that manifests and the kubelet use, such as `registry.k8s.io/pause:3.10.2`. */
  readonly ref: string;
  readonly arch: Arch;
  /** `sha256:…` of the platform's manifest; what `ctr images ls` shows after the import. */
  readonly digest: string;
  /** Bytes of all its blobs. */
  readonly size: number;
  /** Of its manifest. */
  readonly mediaType: string;
  /** What it is made of, each once: its manifest first, then its configuration and its layers. */
  readonly blobs: readonly Blob[];
}

export type Artifact = BinaryArtifact | ImageArtifact;

/** Where on this machine the bytes of a blob lie: in a file of their own, or within a larger one. */
export interface BlobPlace {
  readonly file: string;
  /** Offset of its first byte. */
  readonly start: number;
  /** Where it lies there compressed: the lengths of gzip members one behind the other, each of which holds 1 MiB of it. */
  readonly members?: readonly number[];
}

/** A blob as a bundle stores it: compressed, in gzip members of 1 MiB each, so that it can be read from any byte on. */
export interface PackedBlob extends Blob {
  /** Bytes of each member. */
  readonly members: readonly number[];
}

/** Everything that the inventory's hosts need, resolved to digests, and where the bytes are. */
export interface Artifacts {
  readonly list: readonly Artifact[];
  /** Why optional ones are not in `list`. */
  readonly lacking?: readonly Failure[];
  /** The place of a blob of any artifact in `list`, and of those in `packed`. */
  place(sha256: string): BlobPlace;
  /** Binaries that are there compressed, by the hex SHA-256 of what is in them. Absent where there are none. */
  readonly packed?: ReadonlyMap<string, PackedBlob>;
}

/** What an artifact is made of. */
export const blobsOf = (artifact: Artifact): readonly Blob[] =>
  artifact.kind === 'binary' ? [artifact] : artifact.blobs;
