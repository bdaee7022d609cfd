/** As API servers begin what they encrypt; see stored-objects.ts. */
const mark = /k8s:enc:(secretbox|aescbc|aesgcm|kms):v[12]:([^:\s"\\\p{Cc}]{1,128}):/gu;
/** Longer than any mark: what is cut in two by the end of a chunk is whole in the next look. */
const overlap = 256;

/**
 * The keys that the data of a snapshot name, as `secretbox k1a2b3c4`: with those of values that were replaced shortly before, and that
 * etcd has not thrown away yet.
 */
export async function namedKeys(bytes: AsyncIterable<Uint8Array>): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  let rest = '';
  for await (const chunk of bytes) {
    const text = rest + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1');
    for (const [, provider, name] of text.matchAll(mark)) found.add(`${provider} ${name}`);
    rest = text.slice(-overlap);
  }
  return found;
}
