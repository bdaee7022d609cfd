import type { RunEvent } from '../../events.js';
import { clipped, type Dress, dressed } from '../terminal.js';
import { inLine } from './foreign.js';
import { bytes, seconds, shortName, stageTitle } from './texts.js';

/** What one host is about. */
interface HostPicture {
  /** What happens now; empty while nothing of this stage is known. */
  doing: string;
  /** When that began, in milliseconds. */
  since: number;
  state: 'waiting' | 'busy' | 'done' | 'failed';
  /** Steps that were taken. */
  steps: number;
}

/** A run as it is at this moment, for whoever sits before the terminal. */
export interface RunPicture {
  /** Takes an event in. @returns lines that stay: a stage that is finished */
  take(event: RunEvent, now: number): readonly string[];
  /** The stage that goes on, as a line that stays when it did not come to its end. */
  broken(): readonly string[];
  /** Says something on the first line, until the next stage begins. */
  say(text: string): void;
  /** What is to be seen now. @param rows most lines */
  lines(now: number, columns: number, rows: number): readonly string[];
}

/** Frames of what shows that it goes on. */
const frames = {
  unicode: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
  ascii: ['|', '/', '-', '\\\\'],
};
const frameMs = 100;

/** @param hosts in the order in which they are shown @param unicode whether the terminal has such characters */
export function runPicture(hosts: readonly string[], dress: Dress, unicode: boolean): RunPicture {
  const pictures = new Map<string, HostPicture>();
  const pictureOf = (host: string): HostPicture => {
    const known = pictures.get(host) ?? { doing: '', since: 0, state: 'waiting', steps: 0 };
    pictures.set(host, known);
    return known;
  };
  for (const host of hosts) pictureOf(host);
  const planned = new Map<string, number>();
  const transfers = new Map<string, number>();
  const stages: string[] = [];
  let beside = '';
  let began: number | undefined;
  let estimate: { readonly from: number; readonly seconds: number } | undefined;

  const doing = (host: string, text: string, now: number, state: HostPicture['state'] = 'busy') => {
    const picture = pictureOf(host);
    if (picture.doing !== text) picture.since = now;
    picture.doing = text;
    picture.state = state;
  };

  function take(event: RunEvent, now: number): readonly string[] {
    began ??= now;
    switch (event.event) {
      case 'stage':
        if (event.state === 'started') {
          stages.push(event.stage);
          beside = '';
          // What was true in the stage before says nothing of this one.
          for (const picture of pictures.values()) Object.assign(picture, { doing: '', state: 'waiting' });
          return [];
        }
        stages.splice(stages.lastIndexOf(event.stage), 1);
        return [
          `${dressed(dress, 'green', '✔')} ${stageTitle(event.stage)}  ${dressed(dress, 'dim', seconds(event.seconds ?? 0))}`,
        ];
      case 'host':
        doing(event.host, event.doing, now);
        return [];
      case 'host-done':
        doing(event.host, event.did, now, 'done');
        return [];
      case 'host-failed':
        doing(event.host, event.said, now, 'failed');
        return [];
      case 'waiting':
        doing(event.host, `waiting for ${event.for}`, now);
        return [];
      case 'step':
        doing(event.host, event.step, now);
        pictureOf(event.host).steps++;
        return [];
      case 'transfer':
        doing(event.host, sending(event, transfers, now), now);
        return [];
      case 'fetch':
        beside =
          event.received === event.total
            ? ''
            : `fetching ${shortName(event.artifact)}, ${bytes(event.received)}`;
        return [];
      case 'verify':
        beside =
          event.checked === event.total
            ? ''
            : `verifying ${event.file}, ${share(event.checked, event.total)}`;
        return [];
      case 'planned':
        for (const { host } of event.steps) planned.set(host, (planned.get(host) ?? 0) + 1);
        if (event.seconds !== undefined) estimate = { from: now, seconds: event.seconds };
        return [];
      case 'wave':
      case 'held':
      case 'warning':
        return [];
    }
  }

  function head(now: number): string {
    const [all, done] = [sum(planned.values()), sum([...pictures.values()].map(({ steps }) => steps))];
    const title = stages.length === 0 ? 'podstrap' : stageTitle(stages.at(-1)!);
    const parts = [
      ...(all === 0 ? [] : [`${Math.min(done, all)} of ${all} steps`]),
      span((now - (began ?? now)) / 1000),
      ...(estimate === undefined ? [] : [left(estimate, now)]),
      ...(beside === '' ? [] : [beside]),
    ];
    const { ascii, unicode: fine } = frames;
    const frame = unicode ? fine : ascii;
    return `${dressed(dress, 'cyan', frame[Math.floor(now / frameMs) % frame.length]!)} ${dressed(dress, 'bold', inLine(title))}  ${inLine(parts.join(' · '))}`;
  }

  function hostLine(name: string, width: number, now: number): string {
    const { doing: text, since, state, steps } = pictures.get(name)!;
    const count = planned.get(name);
    const counted = count === undefined ? '' : `${String(Math.min(steps, count)).padStart(3)}/${count}  `;
    const waited = state === 'busy' && now - since >= 2_000 ? `  ${span((now - since) / 1000)}` : '';
    const mark = { waiting: ' ', busy: ' ', done: '✔', failed: '✖' }[state];
    const marked = mark === ' ' ? mark : dressed(dress, state === 'failed' ? 'red' : 'green', mark);
    return `  ${marked} ${(name === '' ? 'cluster' : inLine(name)).padEnd(width)}  ${counted}${inLine(text)}${waited === '' ? '' : dressed(dress, 'dim', waited)}`.trimEnd();
  }

  return {
    take,
    broken: () =>
      stages.slice(-1).map((stage) => `${dressed(dress, 'red', '✖')} ${inLine(stageTitle(stage))}`),
    say: (text) => {
      beside = text;
    },
    lines: (now, columns, rows) => {
      const told = [...pictures].filter(
        ([name, { doing: text }]) => name !== '' || text !== '' || planned.has(''),
      );
      const room = Math.max(1, rows - 1);
      const shown = told.length <= room ? told : chosen(told, room - 1);
      const width = Math.max(0, ...shown.map(([name]) => (name === '' ? 'cluster' : name).length));
      const rest = told.filter((one) => !shown.includes(one)).map(([, picture]) => picture);
      return [
        head(now),
        ...shown.map(([name]) => hostLine(name, width, now)),
        ...(rest.length === 0 ? [] : [`    ${restText(rest)}`]),
      ]
        .slice(0, Math.max(1, rows))
        .map((line) => clipped(line, Math.max(1, columns - 1)));
    },
  };
}

type Named = readonly [string, HostPicture];

/** Of more hosts than there are rows: those that failed, then those at work, the latest news first; in their usual order. */
function chosen(all: readonly Named[], room: number): readonly Named[] {
  const ranks = { failed: 0, busy: 1, waiting: 2, done: 3 };
  const first = [...all]
    .sort(([, a], [, b]) => ranks[a.state] - ranks[b.state] || b.since - a.since)
    .slice(0, Math.max(0, room));
  return all.filter((one) => first.includes(one));
}

function restText(rest: readonly HostPicture[]): string {
  const count = (wanted: HostPicture['state']) => rest.filter(({ state }) => state === wanted).length;
  const parts = (['failed', 'busy', 'waiting', 'done'] as const).flatMap((state) =>
    count(state) === 0 ? [] : [`${count(state)} ${state}`],
  );
  return `and ${rest.length} more: ${parts.join(', ')}`;
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, one) => total + one, 0);

const share = (part: number, total: number): string =>
  `${Math.floor((100 * part) / Math.max(1, total))} % of ${bytes(total)}`;

/** @param began when each transfer began, kept between calls */
function sending(
  { host, artifact, sent, total }: RunEvent & { readonly event: 'transfer' },
  began: Map<string, number>,
  now: number,
): string {
  const key = `${host} ${artifact}`;
  const start = began.get(key) ?? now;
  began.set(key, start);
  const rate = sent / Math.max(0.05, (now - start) / 1000);
  return `sending ${shortName(artifact)}, ${share(sent, total)}, ${bytes(rate)}/s`;
}

/** What the plan's own estimate says of the time that is left. */
function left({ from, seconds: all }: { from: number; seconds: number }, now: number): string {
  const rest = all - (now - from) / 1000;
  return rest >= 1 ? `about ${span(rest)} left` : `longer than the estimated ${span(all)}`;
}

/** Seconds as people say them. */
const span = (value: number): string =>
  value < 100 ? `${Math.round(value)} s` : `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
