/**
 * The label of a manifest that came back while the runtime still had containers of it from before. A kubelet would give its pod
 * the UID of then, and with it the restarts, the back-off and, where it is not to be run again, the end of then.
 */
export const returnedLabel = 'podstrap.io/returned';

const line = new RegExp(`^ {4}${returnedLabel.replaceAll('.', '\\.')}: "\\d{1,12}"\\n`, 'm');

/** A manifest on a host as it was sent. Pure. */
export const withoutReturn = (manifest: string): string => manifest.replace(line, '');
