/** An address as it stands in a URL: IPv6 in brackets. */
export const bracket = (address: string): string =>
  address.includes(':') && !address.startsWith('[') ? `[${address}]` : address;
