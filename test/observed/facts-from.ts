import type { HostFacts } from '../../src/observed/facts.js';
import { parseProbe } from '../../src/observed/probe/parse-probe.js';
import { isProbeTitle } from '../../src/observed/probe/probe-titles.js';
import { askSections, type Sections, sections } from '../../src/observed/sections.js';
import type { Transport } from '../../src/transport/transport.js';

/** The facts that a probe's script tells, whoever it runs as. */
export async function factsFrom(
  transport: Pick<Transport, 'host' | 'exec'>,
  script: string,
  now: number,
): Promise<HostFacts> {
  const { all } = await askSections(transport as Transport, { script }, isProbeTitle);
  return parseProbe(transport.host, all, now);
}

/** Sections as a test writes them, with lines `@title`. */
export const sectionsIn = (text: string): Sections =>
  sections(text.replaceAll(/^@/gm, '@mark '), '@mark', () => true);

/** What a script that `askSections` made would print, of a text with lines `@title`. */
export const printed = (script: string, text: string): string =>
  text.replaceAll(/^@/gm, `${/'(@[0-9a-f]{16})'/.exec(script)![1]} `);
