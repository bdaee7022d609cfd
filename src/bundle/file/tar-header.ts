/** What headers and contents of a tar are rounded up to. Bytes. */
export const block = 512;
/** The two empty blocks that end a tar. Bytes. */
export const trailer = 2 * block;
/** Zeros after a content of `size` bytes. */
export const paddingOf = (size: number): number => (block - (size % block)) % block;

/** The largest size that eleven octal digits hold. */
const mostOctal = 8 ** 11 - 1;

/**
 * The header of a regular file in a tar (POSIX ustar), owned by nobody in particular. Written here and not by a library:
 * these bytes are part of the format, and a bundle is compared with them to the byte.
 * @param name at most 100 ASCII characters
 * @param modified seconds since 1970
 */
export function tarHeader(name: string, size: number, modified: number): Buffer {
  const header = Buffer.alloc(block);
  header.write(name, 0, 'ascii');
  header.write('0000644\0' + '0000000\0' + '0000000\0', 100, 'ascii'); // mode, owner, group
  if (size <= mostOctal) header.write(`${octal(size, 11)}\0`, 124, 'ascii');
  else {
    header[124] = 0x80; // GNU's way for what octal digits cannot hold: a binary number
    header.writeBigUInt64BE(BigInt(size), 128);
  }
  header.write(`${octal(modified, 11)}\0`, 136, 'ascii');
  header.write('0', 156, 'ascii'); // type: a regular file
  header.write('ustar\x0000', 257, 'ascii');
  header.write(checksumOf(header), checksumAt, 'ascii');
  return header;
}

const checksumAt = 148;
const checksumSize = 8;

/** The sum of all bytes of a header, its own taken for spaces. */
function checksumOf(header: Buffer): string {
  const own = header.subarray(checksumAt, checksumAt + checksumSize);
  const sum = (bytes: Buffer): number => bytes.reduce((total, byte) => total + byte, 0);
  return `${octal(sum(header) - sum(own) + checksumSize * 0x20, 6)}\0 `;
}

/** True for a header whose bytes are those that its checksum was made of. */
export const isIntact = (header: Buffer): boolean =>
  header.toString('latin1', checksumAt, checksumAt + checksumSize) === checksumOf(header);

/** The size that a header tells in octal digits; NaN when it tells none. */
export const sizeIn = (header: Buffer): number => {
  const digits = /^[0-7]{11}\0$/.exec(header.toString('latin1', 124, 136))?.[0];
  return digits === undefined ? Number.NaN : Number.parseInt(digits, 8);
};

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');
