// SPDX-License-Identifier: Apache-2.0
// A table that sorts by any column. It builds the rows that are shown and no more: 100,000 call stacks would be slow otherwise.
import { element, replace } from './dom.js';

const kStep = 100;

// columns: [{label, value(row), show(row), number}]; open(row): the row was chosen.
export function showTable(parent, { caption, columns, rows, sort, open, classOf }) {
  let order = { column: sort ?? 0, down: true };
  let shown = kStep;
  const head = element('tr');
  const body = element('tbody');
  const more = element('button', { type: 'button', onclick: () => ((shown += 5 * kStep), fill()) });
  replace(parent, element('div', { class: 'scroll' }, element('table', {}, element('caption', {}, caption), element('thead', {}, head), body)), more);

  function arrange() {
    const { value, number } = columns[order.column];
    const sign = order.down ? -1 : 1;
    rows.sort((a, b) => {
      const left = value(a);
      const right = value(b);
      return sign * (number ? (left ?? -1) - (right ?? -1) : String(left).localeCompare(String(right)));
    });
  }
  function fill() {
    replace(
      head,
      columns.map((column, index) => {
        const active = index === order.column;
        const turn = () => {
          order = { column: index, down: active ? !order.down : Boolean(column.number) };
          arrange();
          fill();
        };
        return element(
          'th',
          { scope: 'col', class: column.number ? 'number' : null, 'aria-sort': active ? (order.down ? 'descending' : 'ascending') : null },
          element('button', { type: 'button', onclick: turn }, column.label, active ? (order.down ? ' \u25be' : ' \u25b4') : ''),
        );
      }),
    );
    replace(
      body,
      rows.slice(0, shown).map((row) =>
        element(
          'tr',
          {
            tabindex: 0,
            class: classOf?.(row),
            onclick: () => open(row),
            onkeydown: (event) => {
              if (event.key === 'Enter') open(row);
            },
          },
          columns.map((column) => element('td', { class: column.number ? 'number' : null }, column.show(row))),
        ),
      ),
    );
    more.hidden = shown >= rows.length;
    more.textContent = `${rows.length - shown} more`;
  }
  arrange();
  fill();
}
