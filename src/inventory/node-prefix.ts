interface AnyFlag {
  readonly name?: string | undefined;
  readonly value?: string | undefined;
}

/**
 * Bits of a node's part of the pods' network: the controller manager's defaults, or its flags for it.
 * @param flags spec.controllerManager.extraArgs
 */
export function nodePrefix(family: 4 | 6, flags: readonly (AnyFlag | undefined)[] = []): number {
  const names = [`node-cidr-mask-size-ipv${family}`, 'node-cidr-mask-size'];
  const values = names.map((name) => Number(flags.findLast((flag) => flag?.name === name)?.value));
  return values.find((value) => Number.isInteger(value) && value > 0) ?? (family === 4 ? 24 : 64);
}
