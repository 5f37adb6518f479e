// SPDX-License-Identifier: Apache-2.0
// The post-mortem: what, where, how sure, what next; then threads, registers and the crashing stack.
import { element, replace } from './dom.js';

function frames(stack) {
  return element(
    'ol',
    { class: 'stack' },
    stack.map((frame) =>
      element(
        'li',
        {},
        element('span', { class: 'function' }, frame.function ?? `${frame.module ?? '?'}+${frame.offset ?? ''}`),
        element('span', { class: 'where' }, frame.file ? `${frame.file}:${frame.line ?? ''}` : (frame.module ?? ''), frame.inlined ? ' (inlined)' : ''),
      ),
    ),
  );
}

export function showCrash(section, crash) {
  if (!crash) return;
  section.hidden = false;
  const registers = Object.entries(crash.registers ?? {});
  replace(
    section,
    element('h2', {}, 'Crash'),
    element('p', { class: 'verdict high' }, element('strong', {}, crash.summary)),
    element(
      'dl',
      { class: 'facts' },
      [
        ['signal', [crash.signal, crash.code].filter(Boolean).join(' ')],
        ['class', `${crash.class} (confidence ${Math.round((crash.confidence ?? 0) * 100)} %)`],
        ['address', crash.fault_address],
        ['message', crash.message],
        ['thread', crash.thread ? `${crash.thread.tid} ${crash.thread.name ?? ''}` : null],
        ['signature', crash.signature],
      ]
        .filter(([, value]) => value)
        .map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))),
    ),
    crash.heap?.sentence ? element('p', {}, crash.heap.sentence) : null,
    frames(crash.thread?.stack ?? []),
    registers.length === 0
      ? null
      : element(
          'details',
          {},
          element('summary', {}, 'Registers'),
          element(
            'table',
            {},
            registers.map(([name, value]) =>
              element('tr', {}, element('th', { scope: 'row' }, name), element('td', {}, typeof value === 'string' ? value : `${value.value} ${value.meaning ?? ''}`)),
            ),
          ),
        ),
    (crash.threads ?? []).length === 0
      ? null
      : element(
          'details',
          {},
          element('summary', {}, `Other threads (${crash.threads.length})`),
          crash.threads.map((thread) => element('details', {}, element('summary', {}, `${thread.tid ?? (thread.tids ?? []).join(' ')} ${thread.name ?? ''}`), frames(thread.stack ?? []))),
        ),
  );
}
