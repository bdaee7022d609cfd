/**
 * The SHA-256 (hex) that a published checksum file gives for the file `name`: either the file holds one bare digest, or
 * lines as `sha256sum` prints them. Undefined when it says nothing about `name`.
 */
export function checksumIn(text: string, name: string): string | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const bare = lines.filter((line) => line !== '');
  if (bare.length === 1 && /^[0-9a-f]{64}$/i.test(bare[0]!)) return bare[0]!.toLowerCase();
  for (const line of lines) {
    const [, digest, file] = /^([0-9a-f]{64})[ \t]+\*?(.+)$/i.exec(line) ?? [];
    if (file !== undefined && file.slice(file.lastIndexOf('/') + 1) === name) return digest!.toLowerCase();
  }
  return undefined;
}
