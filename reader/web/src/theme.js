// SPDX-License-Identifier: Apache-2.0
// Colours for what is drawn on a canvas, which knows no light-dark(): those that the browser made of the style sheet, asked at
// each drawing.
const ink = () => getComputedStyle(document.body).color;
const line = () => getComputedStyle(document.getElementById('top')).borderBottomColor;

export const axisColours = { stroke: ink, grid: { stroke: line }, ticks: { stroke: line } };

export function isDark() {
  return matchMedia('(prefers-color-scheme: dark)').matches !== (document.documentElement.dataset.flip === 'yes');
}
