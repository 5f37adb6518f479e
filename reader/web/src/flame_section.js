// SPDX-License-Identifier: Apache-2.0
// The flame graph with its controls: what is weighed, search, zoom, direction.
import { element, replace } from './dom.js';
import { bytes, count, percent } from './format.js';
import { childrenOf, layOutCallers, layOutCalls, sumUp } from './flame_tree.js';
import { FlameView } from './flame_view.js';
import { kMetrics, siteValues } from './recording.js';

export class FlameSection {
  constructor(section, recording, { metricChanged }) {
    this.recording = recording;
    this.tree = childrenOf(recording);
    this.metric = 'live';
    this.window = null;
    this.inverted = false;
    this.goHome();
    const place = element('div', { class: 'flame' });
    this.found = element('span', { class: 'quiet', 'aria-live': 'polite' });
    const choices = Object.entries(kMetrics).filter(([, metric]) => recording.sites[metric.column]);
    this.select = element(
      'select',
      { id: 'metric', onchange: (event) => { this.metric = event.target.value; this.goHome(); this.update(); metricChanged(this.metric); } },
      choices.map(([name, metric]) => element('option', { value: name }, metric.label)),
    );
    this.search = element('input', { id: 'search', type: 'search', placeholder: 'search functions, files, modules', 'aria-label': 'search', oninput: () => this.draw() });
    replace(
      section,
      element('h2', {}, 'Flame graph'),
      element(
        'p',
        { class: 'bar' },
        element('label', {}, 'bytes ', this.select),
        this.search,
        this.found,
        element('label', {}, element('input', { id: 'inverted', type: 'checkbox', onchange: (event) => { this.inverted = event.target.checked; this.goHome(); this.draw(); } }), ' inverted'),
        element('button', { type: 'button', id: 'home', onclick: () => { this.goHome(); this.draw(); } }, 'whole'),
      ),
      place,
    );
    this.view = new FlameView(place, recording, {
      zoom: (box) => this.zoom(box),
      describe: (box) => this.describe(box),
      resize: () => this.draw(),
    });
    this.update();
  }

  goHome() {
    this.focus = 0;
    this.path = [];
  }

  setWindow(window) {
    this.window = window;
    this.goHome();
    this.update();
  }

  update() {
    this.values = siteValues(this.recording, this.metric, this.window);
    this.sums = sumUp(this.recording, this.values);
    this.draw();
  }

  zoom(box) {
    if (box === null) this.goHome();
    else if (this.inverted) this.path = box.path;
    else this.focus = box.node;
    this.draw();
  }

  describe(box) {
    const show = kMetrics[this.metric].unit === 'count' ? count : bytes;
    const name = this.recording.frameName(box.frame);
    const where = box.frame < 0 ? '' : ` ${this.recording.frameWhere(box.frame)}`;
    return `${name}${where}: ${show(box.value)}, ${percent(box.value, this.sums[0])}`;
  }

  // Frames whose name, file or module holds the words; bytes found are those of stacks with such a frame.
  findMatches() {
    const words = this.search.value.trim().toLowerCase();
    this.found.textContent = '';
    if (!words) return null;
    const { recording } = this;
    const matches = new Uint8Array(recording.frames.name.length);
    for (let frame = 0; frame < matches.length; ++frame) {
      const text = `${recording.frameName(frame)} ${recording.frameWhere(frame)} ${recording.moduleOf(frame)}`.toLowerCase();
      matches[frame] = text.includes(words) ? 1 : 0;
    }
    const below = new Uint8Array(recording.parent.length);
    for (let node = 1; node < below.length; ++node) below[node] = below[recording.parent[node]] || matches[recording.nodeFrame[node]];
    let found = 0;
    for (let site = 0; site < this.values.length; ++site) if (below[recording.sites.node[site]]) found += this.values[site];
    this.found.textContent = `found ${percent(found, this.sums[0]) || '0 %'}`;
    return matches;
  }

  draw() {
    if (!this.view) return;
    const least = 1 / this.view.width;
    const boxes = this.inverted
      ? layOutCallers(this.recording, this.values, this.path, least)
      : layOutCalls(this.recording, this.tree, this.sums, this.focus, least);
    this.view.show(boxes, { inverted: this.inverted, matches: this.findMatches() });
  }
}
