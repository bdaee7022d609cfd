// Makes docs/run.svg, the picture of a run in the README: a first `podstrap up` on three practice hosts, as it is seen in a
// terminal. Needs tmux, and `npm run build` before. What it shows happened; only the pace is another one.
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startPracticeCluster } from '../build/practice/practice-cluster.js';

const [columns, rows] = [84, 24];
/** Milliseconds between two looks, how much faster they are played, and how long the end stays. */
const [every, faster, end] = [250, 2, 6000];

const root = new URL('..', import.meta.url).pathname;
const directory = mkdtempSync(join(tmpdir(), 'p-'));
// Practice hosts may run as somebody who must be able to pass through.
chmodSync(directory, 0o711);
const tmux = async (...words) =>
  (await promisify(execFile)('tmux', ['-u', '-f', '/dev/null', '-S', join(directory, 'tmux'), ...words]))
    .stdout;

/** What the terminal shows, every so often until the command has ended. */
async function record(file) {
  const command = `PS1='$ '; cd ${directory}; clear; echo '$ podstrap up --yes'; HOME=${directory} TERM=xterm-256color LC_ALL=C.UTF-8 ${process.execPath} ${root}dist/cli/bin.js up --yes -f ${file}; touch ${directory}/ended; sleep 60`;
  await tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), 'sh', '-c', command);
  const frames = [];
  for (let last = ''; ; ) {
    const screen = await tmux('capture-pane', '-e', '-p');
    if (screen !== last) frames.push({ at: frames.length === 0 ? 0 : performance.now(), screen });
    if (frames.length === 1) frames[0].at = performance.now();
    last = screen;
    const ended = await promisify(execFile)('test', ['-e', `${directory}/ended`]).then(
      () => true,
      () => false,
    );
    if (ended && /Done: /.test(await tmux('capture-pane', '-p')))
      return [...frames, { at: performance.now(), screen: await tmux('capture-pane', '-e', '-p') }];
    if (ended) throw new Error(`the run did not succeed:\n${screen}`);
    await delay(every);
  }
}

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const colors = { 31: '#f7768e', 32: '#9ece6a', 33: '#e0af68', 36: '#7dcfff' };

/** A line of a terminal, with its styles, as the inside of an SVG text. */
function lineOf(line) {
  let [color, bold, dim] = ['', false, false];
  return line
    .trimEnd()
    .split(/\u001b\[([0-9;]*)m/)
    .map((part, index) => {
      if (index % 2 === 1) {
        for (const code of part.split(';').map(Number)) {
          if (code === 0) [color, bold, dim] = ['', false, false];
          else if (code === 1) bold = true;
          else if (code === 2) dim = true;
          else if (code === 22) [bold, dim] = [false, false];
          else if (code === 39) color = '';
          else color = colors[code] ?? color;
        }
        return '';
      }
      if (part === '') return '';
      const style = [
        color && ` fill="${color}"`,
        bold && ' font-weight="bold"',
        dim && ' opacity=".6"',
      ].filter(Boolean);
      return style.length === 0 ? escaped(part) : `<tspan${style.join('')}>${escaped(part)}</tspan>`;
    })
    .join('');
}

/** All frames below one another, of which one at a time is in sight. */
function svg(frames) {
  const [wide, high, border] = [8.43, 18, 14];
  const [width, height] = [Math.ceil(columns * wide) + 2 * border, rows * high + 2 * border];
  const lines = new Map();
  const idOf = (line) => {
    if (!lines.has(line)) lines.set(line, `l${lines.size}`);
    return lines.get(line);
  };
  const times = frames.map(({ at }) => (at - frames[0].at) / faster);
  const all = times.at(-1) + end;
  const groups = frames.map(({ screen }, frame) =>
    screen
      .split('\n')
      .map(lineOf)
      .map((line, row) =>
        line === '' ? '' : `<use href="#${idOf(line)}" y="${frame * rows * high + (row + 0.8) * high}"/>`,
      )
      .join(''),
  );
  const steps = times.map(
    (time, frame) => `${((100 * time) / all).toFixed(2)}%{transform:translateY(${-frame * rows * high}px)}`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<title>podstrap up on three practice hosts</title>
<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#c0caf5;white-space:pre}@keyframes run{${steps.join('')}}.run{animation:run ${(all / 1000).toFixed(1)}s steps(1,end) infinite}@media(prefers-reduced-motion){.run{animation:none;transform:translateY(${-(frames.length - 1) * rows * high}px)}}</style>
<defs>${[...lines].map(([line, id]) => `<text id="${id}" xml:space="preserve">${line}</text>`).join('\n')}</defs>
<rect width="100%" height="100%" rx="8" fill="#1a1b26"/>
<svg role="presentation" x="${border}" y="${border}" width="${width - 2 * border}" height="${rows * high}"><g class="run">${groups.join('\n')}</g></svg>
</svg>
`;
}

const cluster = await startPracticeCluster({
  directory: join(directory, 'c'),
  controlPlanes: 3,
  kubernetesVersion: 'v1.36.3',
  spec: { encryptionAlgorithm: 'ECDSA-P256' },
});
try {
  const frames = await record(cluster.file);
  writeFileSync(join(root, 'docs/run.svg'), svg(frames).replaceAll(`${directory}/c`, '~'));
} finally {
  await tmux('kill-server').catch(() => undefined);
  await cluster.close();
  rmSync(directory, { recursive: true, force: true });
}
