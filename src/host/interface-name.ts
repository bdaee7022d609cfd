declare const checked: unique symbol;

/** Name of a network interface. Only `interfaceName` makes one: text of a host is none yet. */
export type InterfaceName = string & { readonly [checked]: 'interface' };

/** `text` as an interface's name; undefined when it is none that podstrap would write anywhere. */
export const interfaceName = (text: string): InterfaceName | undefined =>
  /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,14}$/.test(text) ? (text as InterfaceName) : undefined;
