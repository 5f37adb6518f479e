// SPDX-License-Identifier: Apache-2.0
// Draws boxes of flame_tree.js on a canvas: hover, click to zoom, arrow keys, search marks. The innermost call is on top unless
// the picture is inverted.
import { element, replace } from './dom.js';
import { isDark } from './theme.js';

const kRowPixels = 19;
const kFont = '12px system-ui, sans-serif';

// A steady warm colour by name, so that one function keeps its colour in every view.
function colour(name, module, dark) {
  let hash = 0;
  for (let i = 0; i < name.length; ++i) hash = (hash * 31 + name.charCodeAt(i)) | 0;
  const system = /^(lib|ld-|\[|linux-vdso)/.test(module.split('/').pop());
  const hue = (system ? 205 : 18) + (Math.abs(hash) % 34);
  return `hsl(${hue} ${system ? 32 : 68}% ${dark ? 36 : 74}%)`;
}

export class FlameView {
  // on: {zoom(box), hover(box or null), describe(box) -> text}
  constructor(parent, recording, on) {
    this.recording = recording;
    this.on = on;
    this.boxes = [];
    this.canvas = element('canvas', { tabindex: 0, role: 'img', 'aria-label': 'flame graph; arrow keys move, Enter zooms, Escape goes back' });
    this.note = element('p', { class: 'flame-note', 'aria-live': 'polite' }, '\u00a0');
    replace(parent, this.canvas, this.note);
    this.canvas.addEventListener('mousemove', (event) => this.point(this.boxAt(event.offsetX, event.offsetY)));
    this.canvas.addEventListener('mouseleave', () => this.point(null));
    this.canvas.addEventListener('click', (event) => {
      const box = this.boxAt(event.offsetX, event.offsetY);
      if (box) on.zoom(box);
    });
    this.canvas.addEventListener('keydown', (event) => this.key(event));
    new ResizeObserver(() => on.resize()).observe(parent);
  }

  get width() {
    return Math.max(200, this.canvas.parentElement.clientWidth);
  }

  show(boxes, { inverted, matches }) {
    this.boxes = boxes;
    this.inverted = inverted;
    this.matches = matches;
    this.rows = [];
    for (const box of boxes) (this.rows[box.depth] ??= []).push(box);
    for (const row of this.rows) row?.sort((a, b) => a.x - b.x);
    this.current = null;
    this.draw();
  }

  top(box) {
    return (this.inverted ? box.depth : this.rows.length - 1 - box.depth) * kRowPixels;
  }

  draw() {
    const { canvas, width } = this;
    const height = Math.max(1, this.rows.length) * kRowPixels;
    const scale = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.height = `${height}px`;
    const paint = canvas.getContext('2d');
    paint.scale(scale, scale);
    paint.font = kFont;
    paint.textBaseline = 'middle';
    const dark = isDark();
    for (const box of this.boxes) {
      const name = this.recording.frameName(box.frame);
      const left = box.x * width;
      const wide = box.width * width;
      const match = this.matches && box.frame >= 0 && this.matches[box.frame];
      paint.fillStyle = match ? '#a020f0' : box.frame < 0 ? (dark ? '#555' : '#ccc') : colour(name, this.recording.moduleOf(box.frame), dark);
      paint.fillRect(left, this.top(box), Math.max(0.5, wide - 0.5), kRowPixels - 1);
      if (wide > 30) {
        paint.fillStyle = match ? '#fff' : dark ? '#eee' : '#111';
        const room = Math.floor((wide - 6) / 6.6);
        const text = name.length > room ? `${name.slice(0, Math.max(1, room - 1))}\u2026` : name;
        paint.fillText(text, left + 3, this.top(box) + kRowPixels / 2);
      }
    }
    if (this.current) {
      paint.strokeStyle = dark ? '#fff' : '#000';
      paint.strokeRect(this.current.x * width + 0.5, this.top(this.current) + 0.5, Math.max(1, this.current.width * width - 1.5), kRowPixels - 2);
    }
  }

  boxAt(x, y) {
    const row = Math.floor(y / kRowPixels);
    const boxes = this.rows[this.inverted ? row : this.rows.length - 1 - row] ?? [];
    const at = x / this.width;
    return boxes.find((box) => box.x <= at && at < box.x + box.width) ?? null;
  }

  point(box) {
    if (box === this.current) return;
    this.current = box;
    this.note.textContent = box ? this.on.describe(box) : '\u00a0';
    this.draw();
  }

  key(event) {
    const here = this.current ?? this.boxes[0];
    if (!here) return;
    const row = this.rows[here.depth];
    const index = row.indexOf(here);
    const over = (boxes) => boxes?.find((box) => box.x + box.width > here.x && box.x < here.x + here.width);
    const outward = this.inverted ? 'ArrowUp' : 'ArrowDown';
    const inward = this.inverted ? 'ArrowDown' : 'ArrowUp';
    let next = null;
    if (event.key === 'ArrowLeft') next = row[index - 1];
    else if (event.key === 'ArrowRight') next = row[index + 1];
    else if (event.key === inward) next = over(this.rows[here.depth + 1]);
    else if (event.key === outward) next = over(this.rows[here.depth - 1]);
    else if (event.key === 'Enter') this.on.zoom(here);
    else if (event.key === 'Escape') this.on.zoom(null);
    else return;
    event.preventDefault();
    if (next) this.point(next);
  }
}
