// SPDX-License-Identifier: Apache-2.0
// Heap and resident memory over the run; dragging chooses the window that the flame graph and the table then show.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { element, replace } from './dom.js';
import { bytes, seconds } from './format.js';
import { axisColours } from './theme.js';

function markLines(marks) {
  return {
    hooks: {
      draw: (plot) => {
        for (const mark of marks) {
          const x = plot.valToPos(mark.t, 'x', true);
          if (x < plot.bbox.left || x > plot.bbox.left + plot.bbox.width) continue;
          plot.ctx.strokeStyle = mark.kind === 'crash' ? '#d62728' : '#888';
          plot.ctx.fillStyle = plot.ctx.strokeStyle;
          plot.ctx.beginPath();
          plot.ctx.moveTo(x, plot.bbox.top);
          plot.ctx.lineTo(x, plot.bbox.top + plot.bbox.height);
          plot.ctx.stroke();
          plot.ctx.textAlign = x > plot.bbox.left + plot.bbox.width * 0.8 ? 'right' : 'left';
          plot.ctx.fillText(` ${mark.label} `, x, plot.bbox.top + 12);
        }
      },
    },
  };
}

// Returns the plot, or null. choose(window): {from, to} in seconds, or null for the whole run.
export function showTimeline(parent, timeline, choose) {
  if (timeline.t.length < 2) {
    replace(parent, element('h2', {}, 'Timeline'), element('p', { class: 'quiet' }, 'The run was too short for a timeline.'));
    return null;
  }
  const place = element('div', { class: 'plot' });
  const state = element('span', { id: 'window', 'aria-live': 'polite' }, 'whole run');
  const reset = element('button', { type: 'button', hidden: true, onclick: () => select(null) }, 'whole run');
  replace(parent, element('h2', {}, 'Timeline'), element('p', { class: 'bar' }, 'Drag to choose a window: ', state, ' ', reset), place);

  const hasRss = timeline.rss.some((value) => value !== null);
  const plot = new uPlot(
    {
      width: place.clientWidth || 900,
      height: 220,
      scales: { x: { time: false } },
      cursor: { drag: { x: true, y: false, setScale: false } },
      axes: [
        { ...axisColours, values: (_, splits) => splits.map((value) => seconds(value)) },
        { ...axisColours, size: 80, values: (_, splits) => splits.map((value) => bytes(value)) },
      ],
      series: [
        { label: 'time', value: (_, value) => seconds(value) },
        { label: 'heap', stroke: '#d9822b', fill: '#d9822b33', points: { show: false }, value: (_, value) => bytes(value) },
        ...(hasRss ? [{ label: 'resident', stroke: '#2b7bd9', points: { show: false }, value: (_, value) => bytes(value), spanGaps: true }] : []),
      ],
      plugins: [markLines(timeline.marks)],
      hooks: {
        setSelect: [
          (self) => {
            if (self.select.width < 4) return;
            select({ from: self.posToVal(self.select.left, 'x'), to: self.posToVal(self.select.left + self.select.width, 'x') });
          },
        ],
      },
    },
    [timeline.t, timeline.live, ...(hasRss ? [timeline.rss] : [])],
    place,
  );
  new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: 220 })).observe(place);

  function select(window) {
    state.textContent = window ? `${seconds(window.from)} to ${seconds(window.to)}: growth` : 'whole run';
    reset.hidden = window === null;
    if (window === null) plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    choose(window);
  }
  return plot;
}
