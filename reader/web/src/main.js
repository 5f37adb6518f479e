// SPDX-License-Identifier: Apache-2.0
// Puts the page together: reads the embedded recording and connects the parts.
import './style.css';
import { showCrash } from './crash_panel.js';
import { element, replace } from './dom.js';
import { FlameSection } from './flame_section.js';
import { bytes, count } from './format.js';
import { Recording, siteValues } from './recording.js';
import { showSite } from './site_panel.js';
import { showSummary, showTop } from './summary.js';
import { showTable } from './table.js';
import { showTimeline } from './timeline.js';

const part = (id) => document.getElementById(id);

function start(recording) {
  document.title = `${recording.info.name} - dbgtrace`;
  let opener = null;
  const closeSite = () => {
    part('site').hidden = true;
    opener?.focus();
  };
  const openSite = (site) => {
    opener = document.activeElement;
    showSite(part('site'), recording, site, closeSite);
  };
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !part('site').hidden) closeSite();
    if (event.key === '/' && event.target.tagName !== 'INPUT') {
      event.preventDefault();
      part('search').focus();
    }
  });

  let flame = null;
  let timeline = null;
  showTop(part('top'), recording.info, () => {
    const root = document.documentElement;
    root.dataset.flip = root.dataset.flip === 'yes' ? 'no' : 'yes';
    flame?.draw();
    timeline?.redraw();
  });
  showSummary(part('summary'), recording, openSite);
  showCrash(part('crash'), recording.document.crash);

  let window = null;
  const showSites = () => {
    const { sites } = recording;
    const grown = window ? siteValues(recording, 'live', window) : null;
    const rows = Array.from({ length: recording.siteCount }, (_, site) => site);
    const number = (label, column, show = bytes) => ({
      label,
      number: true,
      value: (site) => sites[column][site],
      show: (site) => show(sites[column][site]),
    });
    const columns = [
      ...(grown ? [{ label: 'growth', number: true, value: (site) => grown[site], show: (site) => bytes(grown[site]) }] : []),
      number('live', 'live_bytes'),
      number('leaked', 'leaked_bytes'),
      number('peak', 'peak_bytes'),
      number('allocated', 'allocated_bytes'),
      number('blocks', 'allocations', count),
      number('temporary', 'temporary', count),
      { label: 'call', value: (site) => recording.title(site), show: (site) => recording.title(site) },
      { label: 'where', value: (site) => recording.frameWhere(sites.title[site]), show: (site) => recording.frameWhere(sites.title[site]) },
    ];
    const caption = `${count(recording.siteCount)} call stacks${recording.document.left_out ? `, ${count(recording.document.left_out)} small ones left out` : ''}`;
    const classOf = (site) => (sites.leaked_bytes[site] > 0 ? 'leaking' : null);
    const place = element('div');
    replace(part('sites'), element('h2', {}, 'Call stacks'), place);
    showTable(place, { caption, columns, rows, open: openSite, classOf });
  };

  flame = new FlameSection(part('flame'), recording, { metricChanged: () => {} });
  timeline = showTimeline(part('timeline'), recording.document.timeline, (chosen) => {
    window = chosen;
    flame.setWindow(window);
    showSites();
  });
  showSites();
}

const text = part('recording').textContent;
const embedded = text.startsWith('/*') ? null : JSON.parse(text);
if (embedded) start(new Recording(embedded));
else replace(part('summary'), element('p', {}, 'This page holds no recording: dbgtrace html FILE -o page.html makes one.'));
