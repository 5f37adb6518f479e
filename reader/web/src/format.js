// SPDX-License-Identifier: Apache-2.0
// Numbers and times as people read them.
const kUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

export function bytes(value) {
  if (value === null || value === undefined) return '';
  const sign = value < 0 ? '-' : '';
  let rest = Math.abs(value);
  let unit = 0;
  while (rest >= 1023.95 && unit < kUnits.length - 1) {
    rest /= 1024;
    ++unit;
  }
  return `${sign}${unit === 0 || rest >= 100 ? Math.round(rest) : rest.toFixed(1)} ${kUnits[unit]}`;
}

export function count(value) {
  return value === null || value === undefined ? '' : Math.round(value).toLocaleString('en');
}

export function seconds(value) {
  if (value === null || value === undefined) return '';
  if (value < 0.001) return `${Math.round(value * 1e6)} us`;
  if (value < 1) return `${Math.round(value * 1e3)} ms`;
  if (value < 120) return `${value.toFixed(value < 10 ? 1 : 0)} s`;
  if (value < 7200) return `${Math.round(value / 60)} min`;
  if (value < 172800) return `${(value / 3600).toFixed(1)} h`;
  return `${(value / 86400).toFixed(1)} days`;
}

export function percent(part, whole) {
  return whole > 0 ? `${((100 * part) / whole).toFixed(1)} %` : '';
}

// "~14.5 MiB [12.7 MiB .. 16.5 MiB]", or the plain figure where nothing is estimated.
export function estimate(value, low, high, show = bytes) {
  return low === undefined || low === null ? show(value) : `~${show(value)} [${show(low)} .. ${show(high)}]`;
}
