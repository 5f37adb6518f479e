// SPDX-License-Identifier: Apache-2.0
// The first screen: what was recorded, what is wrong with it, how sure, what next.
import { element, replace } from './dom.js';

export function showTop(parent, info, flip) {
  replace(
    parent,
    element('h1', {}, info.name, ' ', element('small', {}, info.state_text)),
    element('button', { type: 'button', id: 'theme', 'aria-label': 'light or dark', onclick: flip }, '\u25d0'),
  );
}

export function showSummary(parent, recording, openSite) {
  const { info, verdicts } = recording.document;
  replace(
    parent,
    element('h2', {}, 'Summary'),
    element(
      'ul',
      { class: 'verdicts' },
      verdicts.map((verdict) =>
        element(
          'li',
          { class: `verdict ${verdict.severity}` },
          element('strong', {}, verdict.title),
          verdict.detail ? element('span', {}, verdict.detail) : null,
          verdict.site === undefined ? null : element('button', { type: 'button', onclick: () => openSite(verdict.site) }, 'show'),
        ),
      ),
    ),
    element(
      'dl',
      { class: 'facts' },
      info.facts.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))),
    ),
  );
}
