export type Arch = 'amd64' | 'arm64';

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
}

export type Artifact = BinaryArtifact | ImageArtifact;

/** Everything that the inventory's hosts need, resolved to digests, and a way to read the bytes. */
export interface Artifacts {
  readonly list: readonly Artifact[];
  /**
   * The bytes to send: for a binary the file itself; for an image an OCI image layout as a tar that
   * `ctr images import` takes and that names the image `ref`. A stream, never whole in memory.
   */
  open(artifact: Artifact): AsyncIterable<Uint8Array>;
}
