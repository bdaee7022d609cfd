import type { ContentOf, DocumentKind } from './documents/schemas.js';
import type { GlobalOptions } from './options.js';
import { jsonText, print, printData } from './terminal.js';

/** A document as `-o json` prints it. What kinds there are, and what each holds, is in documents/. Pure. */
export const asDocument = <Kind extends DocumentKind>(kind: Kind, content: ContentOf<Kind>) => ({
  apiVersion: 'podstrap.io/v1alpha1',
  kind,
  ...content,
});

/** An event as `-o json` prints it, on one line. Pure. */
export const eventLine = (event: EventContent, now: Date): string =>
  jsonText(asDocument('Event', { at: now.toISOString(), ...event }));

/** What happens, without its time. */
export type EventContent = WithoutTime<ContentOf<'Event'>>;
type WithoutTime<Event> = Event extends unknown ? Omit<Event, 'at'> : never;

/** What a command has to say, as `-o` asks for it: as a document, or as text for people. */
export function answer<Kind extends Exclude<DocumentKind, 'Event'>>(
  { output }: Pick<GlobalOptions, 'output'>,
  kind: Kind,
  content: ContentOf<Kind>,
  text: () => string,
): void {
  if (output === 'json') printData(`${jsonText(asDocument(kind, content), 2)}\n`);
  else print(text());
}

/** The same for something that happens. @param text where people would read nothing: empty */
export function tell(
  { output }: Pick<GlobalOptions, 'output'>,
  event: EventContent,
  text: () => string,
): void {
  if (output === 'json') printData(`${eventLine(event, new Date())}\n`);
  else print(text());
}
