import type { ApiObject } from '../../kubernetes/api-object.js';

/** Annotation of a Node that podstrap has cordoned, with the run that did: it is podstrap's to uncordon, whatever happened. */
export const cordonAnnotation = 'podstrap.io/cordoned-by';

/** True for a Node that podstrap has cordoned. */
export const isCordonedByUs = ({ metadata }: ApiObject): boolean =>
  cordonAnnotation in ((metadata['annotations'] as object | undefined) ?? {});
