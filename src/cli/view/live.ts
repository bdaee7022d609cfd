import { Listr } from 'listr2';
import type { RunEvent } from '../../events.js';
import { printError, visible } from '../terminal.js';
import { folded, inLine } from './foreign.js';
import { bytes, shortName, stageTitle } from './texts.js';
import type { View } from './view.js';

interface Row {
  title(text: string): void;
  end(ok: boolean): void;
}

/** Draws a run on a terminal: the stage, and a row for each host with what it does, sends or waits for. */
export function liveView(hosts: readonly string[]): View {
  const rows = new Map<string, Row>();
  const warnings: string[] = [];
  const width = Math.max(...hosts.map((host) => host.length));
  const label = (name: string, text: string) =>
    visible(name === '' ? inLine(text) : `${name.padEnd(width)}  ${inLine(text)}`);
  const began = new Map<string, number>();
  let ended: boolean | undefined;
  const listr = new Listr(
    ['', ...hosts].map((name) => ({
      title: label(name, name === '' ? 'podstrap' : ''),
      task: (_context: unknown, task: { title: string }) =>
        new Promise<void>((resolve, reject) => {
          rows.set(name, {
            title: (text) => {
              task.title = label(name, text);
            },
            end: (ok) => (ok ? resolve() : reject(new Error(task.title))),
          });
          // Tasks begin a moment after the view does, which may be over by then.
          if (ended !== undefined) rows.get(name)!.end(ended);
        }),
    })),
    {
      concurrent: true,
      exitOnError: false,
      rendererOptions: { showErrorMessage: false, collapseErrors: false },
      registerSignalListeners: false,
    },
  );
  const drawing = listr.run().catch(() => undefined);
  const show = (event: RunEvent): void => {
    if (event.event === 'warning')
      warnings.push(`${event.host === undefined ? '' : `${event.host}: `}${event.message}`);
    const [row, text] = rowText(event, began) ?? [];
    if (row !== undefined && text !== undefined) rows.get(row)?.title(text);
  };
  return {
    emit: show,
    say: (text) => rows.get('')?.title(text),
    close: async (ok) => {
      ended = ok;
      for (const row of rows.values()) row.end(ok);
      await drawing;
      for (const warning of warnings) printError(`! ${folded(warning)}\n`);
    },
  };
}

/** Which row an event changes, and to what. @param began when each transfer began, kept between calls for rates */
function rowText(event: RunEvent, began: Map<string, number>): readonly [string, string] | undefined {
  switch (event.event) {
    case 'stage':
      return event.state === 'started' ? ['', stageTitle(event.stage)] : undefined;
    case 'host':
      return [event.host, event.doing];
    case 'host-done':
      return [event.host, event.did];
    case 'step':
      return [event.host, event.step];
    case 'waiting':
      return [event.host, `waiting for ${event.for}`];
    case 'fetch':
      return ['', `Fetch ${shortName(event.artifact)} ${bytes(event.received)}`];
    case 'verify':
      return ['', `Verify ${event.file} ${Math.floor((100 * event.checked) / Math.max(1, event.total))} %`];
    case 'transfer': {
      const key = `${event.host} ${event.artifact}`;
      const start = began.get(key) ?? performance.now();
      began.set(key, start);
      const rate = event.sent / Math.max(0.05, (performance.now() - start) / 1000);
      const share = Math.floor((100 * event.sent) / Math.max(1, event.total));
      return [
        event.host,
        `sending ${shortName(event.artifact)}  ${share} % of ${bytes(event.total)}, ${bytes(rate)}/s`,
      ];
    }
    case 'warning':
      return undefined;
  }
}
