// SPDX-License-Identifier: Apache-2.0
// One call stack in full: figures, verdict, course over time, lifetimes, frames with their source.
import uPlot from 'uplot';
import { element, replace } from './dom.js';
import { bytes, count, estimate, percent, seconds } from './format.js';
import { axisColours } from './theme.js';

function lifetimes(histogram) {
  const most = Math.max(...histogram.hits);
  return element(
    'table',
    { class: 'lifetimes' },
    element('caption', {}, 'Lifetime of freed blocks'),
    histogram.hits.map((hits, index) =>
      element(
        'tr',
        {},
        element('th', { scope: 'row' }, `from ${seconds(histogram.from_s[index])}`),
        element('td', {}, element('span', { class: 'level', style: `width:${((100 * hits) / most).toFixed(1)}%` })),
        element('td', { class: 'number' }, count(hits)),
      ),
    ),
  );
}

function source(lines) {
  return element(
    'pre',
    { class: 'source' },
    lines.map((line) => element('span', { class: line.here ? 'here' : null }, `${String(line.number).padStart(6)} ${line.text}\n`)),
  );
}

export function showSite(panel, recording, site, close) {
  const { sites } = recording;
  const at = (column) => sites[column]?.[site];
  const facts = [
    ['live', `${estimate(at('live_bytes'), at('live_low'), at('live_high'))} in ${count(at('live_count'))} blocks`],
    ['share of the heap', percent(at('live_bytes'), recording.document.totals.live_bytes)],
    ['at its peak', bytes(at('peak_bytes'))],
    ['allocated', `${bytes(at('allocated_bytes'))} in ${count(at('allocations'))} blocks`],
    ['temporary', count(at('temporary'))],
    ['samples', count(at('samples'))],
  ];
  if (at('growth')) facts.push(['growth', `${bytes(at('growth'))}/s`]);
  const verdict = at('verdict') >= 0 ? recording.strings[at('verdict')] : null;
  const plot = element('div', { class: 'plot' });
  const detail = recording.document.details?.[site];
  replace(
    panel,
    element('button', { type: 'button', class: 'close', 'aria-label': 'close', onclick: close }, '\u00d7'),
    element('h2', { tabindex: -1 }, recording.title(site)),
    verdict ? element('p', { class: 'verdict-line' }, verdict) : null,
    element('dl', { class: 'facts' }, facts.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value)))),
    plot,
    detail?.lifetimes ? lifetimes(detail.lifetimes) : null,
    element(
      'ol',
      { class: 'stack' },
      recording.stackOf(site).map((frame) =>
        element(
          'li',
          { class: frame === sites.title[site] ? 'here' : null },
          element('span', { class: 'function' }, recording.frameName(frame)),
          element('span', { class: 'where' }, recording.frameWhere(frame), recording.frames.inlined[frame] ? ' (inlined)' : ''),
        ),
      ),
    ),
    detail?.source ? source(detail.source) : null,
  );
  panel.hidden = false;
  panel.querySelector('h2').focus();
  const course = recording.series.get(site);
  if (course && course.t.length > 1) {
    new uPlot(
      {
        width: plot.clientWidth || 420,
        height: 140,
        legend: { show: false },
        scales: { x: { time: false } },
        axes: [
          { ...axisColours, values: (_, splits) => splits.map((value) => seconds(value)) },
          { ...axisColours, size: 70, values: (_, splits) => splits.map((value) => bytes(value)) },
        ],
        series: [{}, { stroke: '#d9822b', fill: '#d9822b33', points: { show: false }, paths: uPlot.paths.stepped({ align: 1 }) }],
      },
      [course.t, course.live],
      plot,
    );
  }
}
