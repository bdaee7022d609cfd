import forge from 'node-forge';

/** An ASN.1 value, to be composed and then written as DER. */
export type Der = forge.asn1.Asn1;

const { Class, Type, create, oidToDer } = forge.asn1;
const universal = Class.UNIVERSAL;

/** node-forge keeps bytes as a string of characters below 256. */
export const bytes = (buffer: Uint8Array): string => Buffer.from(buffer).toString('latin1');

export const sequence = (...parts: Der[]): Der => create(universal, Type.SEQUENCE, true, parts);
export const set = (...parts: Der[]): Der => create(universal, Type.SET, true, parts);
export const oid = (id: string): Der => create(universal, Type.OID, false, oidToDer(id).getBytes());
export const octets = (content: Uint8Array): Der =>
  create(universal, Type.OCTETSTRING, false, bytes(content));
export const nothing = (): Der => create(universal, Type.NULL, false, '');
export const yes = (): Der => create(universal, Type.BOOLEAN, false, '\xff');

/** Whole bytes only, unless `unused` says how many bits of the last one do not count. */
export const bits = (content: Uint8Array, unused = 0): Der =>
  create(universal, Type.BITSTRING, false, String.fromCharCode(unused) + bytes(content));

/** A non-negative integer from its big-endian bytes. */
export function integer(content: Uint8Array): Der {
  const first = content.findIndex((byte) => byte !== 0);
  const digits = first === -1 ? Buffer.from([0]) : Buffer.from(content.subarray(first));
  const sign = (digits[0]! & 0x80) === 0 ? '' : '\0';
  return create(universal, Type.INTEGER, false, sign + bytes(digits));
}

/** Text of a name: as PrintableString where its few characters suffice, like Go, else as UTF-8. */
export const text = (value: string): Der =>
  /^[A-Za-z0-9 '()+,./:=?-]*$/.test(value)
    ? create(universal, Type.PRINTABLESTRING, false, value)
    : create(universal, Type.UTF8, false, bytes(Buffer.from(value)));

/** RFC 5280 §4.1.2.5: two-digit years until 2049. Fractions of seconds are cut off. */
export const time = (date: Date): Der =>
  date.getUTCFullYear() < 2050
    ? create(universal, Type.UTCTIME, false, forge.asn1.dateToUtcTime(date))
    : create(universal, Type.GENERALIZEDTIME, false, forge.asn1.dateToGeneralizedTime(date));

/** `[tag]` around values, or around bytes. */
export const tagged = (tag: number, content: readonly Der[] | Uint8Array): Der =>
  content instanceof Uint8Array
    ? create(Class.CONTEXT_SPECIFIC, tag, false, bytes(content))
    : create(Class.CONTEXT_SPECIFIC, tag, true, [...content]);

export const toDer = (value: Der): Buffer => Buffer.from(forge.asn1.toDer(value).getBytes(), 'latin1');

/** @throws Error when `der` is none, or ends too early */
export const fromDer = (der: Uint8Array): Der => forge.asn1.fromDer(bytes(der));

/** The values inside a constructed one. @throws TypeError when it has none */
export function parts({ value }: Der): readonly Der[] {
  if (typeof value === 'string') throw new TypeError('an ASN.1 value without parts');
  return value;
}

/** The bytes of a primitive value. @throws TypeError when it is a constructed one */
export function content({ value }: Der): Buffer {
  if (typeof value !== 'string') throw new TypeError('an ASN.1 value with parts');
  return Buffer.from(value, 'latin1');
}

/** Lines of 64 characters between `-----BEGIN label-----` and its end. */
export const toPem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der)
    .toString('base64')
    .replace(/.{1,64}/g, '$&\n')}-----END ${label}-----\n`;
