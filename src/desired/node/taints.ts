/** A taint of a node; one without a value has none. */
export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/**
 * Annotation of a Node: the taints that podstrap has given it. Their list belongs to nobody and to everybody, the node's
 * own controllers among them, so the API cannot tell whose each is.
 */
export const taintsAnnotation = 'podstrap.io/taints';

/** As kubectl writes them: `key=value:effect`. */
export const taintsText = (taints: readonly Taint[]): string =>
  taints
    .map(({ key, value, effect }) => `${key}${value ? `=${value}` : ''}:${effect}`)
    .sort()
    .join(',');

/** The taints of such a text; what is none of them is passed over. */
export const parseTaints = (text: string): readonly Taint[] =>
  text.split(',').flatMap((one): Taint[] => {
    const [, key, value, effect] = /^([^=:]+)(?:=([^:]*))?:(\w+)$/.exec(one) ?? [];
    if (key === undefined || effect === undefined) return [];
    return [{ key, ...(value ? { value } : {}), effect }];
  });
