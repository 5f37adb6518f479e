// SPDX-License-Identifier: Apache-2.0
// The recording as the page works with it: columns of numbers and one tree of calls. The document that `dbgtrace html` embeds
// is described in docs/json.md ("dbgtrace.html/1").
//
//   tree:  parent[n] < n, node 0 is the root (outermost);  site s ends in node sites.node[s]
//
//     main > serve > open      node 3 (parent 2), frame "open"
//                  > close     node 4 (parent 2)

export class Recording {
  constructor(document) {
    this.document = document;
    this.info = document.info;
    this.strings = document.strings;
    this.frames = document.frames;
    this.parent = Int32Array.from(document.nodes.parent);
    this.nodeFrame = Int32Array.from(document.nodes.frame);
    this.sites = document.sites;
    this.siteCount = document.sites.node.length;
    this.series = new Map(document.series.map((entry) => [entry.site, entry]));
    this.depth = new Int32Array(this.parent.length);
    for (let node = 1; node < this.parent.length; ++node) this.depth[node] = this.depth[this.parent[node]] + 1;
  }

  frameName(frame) {
    return frame < 0 ? 'all' : this.strings[this.frames.name[frame]];
  }
  // "file.c:12" or the module, whichever is known.
  frameWhere(frame) {
    const file = this.strings[this.frames.file[frame]];
    const line = this.frames.line[frame];
    if (file) return line > 0 ? `${file}:${line}` : file;
    return this.strings[this.frames.module[frame]] ?? '';
  }
  moduleOf(frame) {
    return this.strings[this.frames.module[frame]] ?? '';
  }
  // Frames of a site, innermost first.
  stackOf(site) {
    const frames = [];
    for (let node = this.sites.node[site]; node > 0; node = this.parent[node]) frames.push(this.nodeFrame[node]);
    return frames;
  }
  title(site) {
    return this.frameName(this.sites.title[site]);
  }

  // Live bytes of a site at time t by its thinned series; undefined if it has none.
  liveAt(site, t) {
    const entry = this.series.get(site);
    if (!entry) return undefined;
    let low = 0;
    let high = entry.t.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (entry.t[middle] <= t) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : entry.live[low - 1];
  }
}

// What a site weighs in a view. window: null or {from, to} in seconds; then it is the growth between the two moments, of the
// sites whose course is known.
export const kMetrics = {
  live: { label: 'live', column: 'live_bytes' },
  leaked: { label: 'leaked', column: 'leaked_bytes' },
  peak: { label: 'at peak', column: 'peak_bytes' },
  allocated: { label: 'allocated', column: 'allocated_bytes' },
  temporary: { label: 'temporary', column: 'temporary', unit: 'count' },
};

export function siteValues(recording, metric, window) {
  const values = new Float64Array(recording.siteCount);
  if (window) {
    for (let site = 0; site < values.length; ++site) {
      const before = recording.liveAt(site, window.from);
      if (before === undefined) continue;
      values[site] = Math.max(0, recording.liveAt(site, window.to) - before);
    }
    return values;
  }
  const column = recording.sites[kMetrics[metric].column];
  for (let site = 0; site < values.length; ++site) values[site] = column[site] ?? 0;
  return values;
}
