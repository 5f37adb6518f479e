// SPDX-License-Identifier: Apache-2.0
// The post-mortem: what, where, how sure, what next; then threads, registers and the crashing stack.
import { element, replace } from './dom.js';

function frames(stack, here = -1) {
  return element(
    'ol',
    { class: 'stack' },
    stack.map((frame, index) =>
      element(
        'li',
        { class: index === here ? 'here' : null },
        element('span', { class: 'function' }, frame.function ?? `${frame.module ?? '?'}+${frame.offset ?? ''}`),
        element('span', { class: 'where' }, frame.file ? `${frame.file}:${frame.line ?? ''}` : (frame.module ?? ''), frame.inlined ? ' (inlined)' : ''),
      ),
    ),
  );
}

function fold(title, ...content) {
  return element('details', {}, element('summary', {}, title), ...content);
}

const named = (thread) => `thread ${thread.tid}${thread.name ? ` "${thread.name}"` : ''}`;

function facts(crash) {
  const pairs = [
    ['signal', [crash.signal, crash.code].filter(Boolean).join(' ')],
    ['class', `${crash.class} (confidence ${Math.round((crash.confidence ?? 0) * 100)} %)`],
    ['address', crash.fault_address],
    ['message', crash.message],
    ['instruction', crash.instruction],
    ['thread', crash.thread ? named(crash.thread) : null],
    ['signature', crash.signature],
  ];
  return element(
    'dl',
    { class: 'facts' },
    pairs.filter(([, value]) => value).map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))),
  );
}

function source(code) {
  if (!code) return null;
  const line = (text, index) => {
    const number = code.first + index;
    return element('span', { class: number === code.line ? 'here' : null }, `${String(number).padStart(5)}  ${text}\n`);
  };
  return element('pre', { class: 'source' }, (code.lines ?? []).map(line));
}

function heap(block) {
  if (!block) return null;
  return [
    block.free_stack ? fold('The block was freed by', frames(block.free_stack)) : null,
    block.allocation_stack ? fold('The block was allocated by', frames(block.allocation_stack)) : null,
  ];
}

function registers(crash) {
  const values = Object.entries(crash.registers ?? {});
  if (values.length === 0) return null;
  const row = ([name, value]) =>
    element('tr', {}, element('th', { scope: 'row' }, name), element('td', {}, value), element('td', {}, crash.register_map?.[name] ?? ''));
  return fold('Registers', element('table', { class: 'registers' }, values.map(row)));
}

// Threads with one stack are shown as one.
function threads(all) {
  if (all.length === 0) return null;
  const groups = new Map();
  for (const thread of all) groups.set(thread.group, [...(groups.get(thread.group) ?? []), thread]);
  const one = (group) =>
    fold(`${group.slice(0, 8).map(named).join(', ')}${group.length > 8 ? ` and ${group.length - 8} more` : ''}`, frames(group[0].stack ?? []));
  return fold(`Other threads (${all.length})`, [...groups.values()].map(one));
}

export function showCrash(section, crash) {
  if (!crash) return;
  section.hidden = false;
  replace(
    section,
    element('h2', {}, 'Crash'),
    element('p', { class: 'verdict high' }, element('strong', {}, crash.summary), crash.heap?.text ?? ''),
    facts(crash),
    element('p', {}, `How sure: ${(crash.evidence ?? []).join('; ')}.`),
    crash.advice ? element('p', {}, `Next: ${crash.advice}`) : null,
    frames(crash.thread?.stack ?? [], crash.thread?.title_frame),
    source(crash.source),
    heap(crash.heap?.block),
    registers(crash),
    threads(crash.threads ?? []),
  );
}
