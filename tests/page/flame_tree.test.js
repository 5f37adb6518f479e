// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { childrenOf, layOutCallers, layOutCalls, sumUp } from '../../reader/web/src/flame_tree.js';
import { Recording, siteValues } from '../../reader/web/src/recording.js';

//   main > serve > open   60        frames: 0 main, 1 serve, 2 open, 3 close
//        > serve > close  30
//        > open           10
function recording() {
  const column = (...values) => values;
  return new Recording({
    info: { name: 'test' },
    strings: ['', 'main', 'serve', 'open', 'close'],
    frames: { name: [1, 2, 3, 4], file: [0, 0, 0, 0], line: [0, 0, 0, 0], module: [0, 0, 0, 0], inlined: [0, 0, 0, 0] },
    nodes: { parent: [0, 0, 1, 2, 2, 1], frame: [-1, 0, 1, 2, 3, 2] },
    sites: { node: column(3, 4, 5), title: column(2, 3, 2), live_bytes: column(60, 30, 10), leaked_bytes: column(60, 0, 0) },
    series: [{ site: 0, t: [1, 2, 3], live: [10, 40, 60] }],
  });
}
const named = (from, boxes) => boxes.map((box) => `${from.frameName(box.frame)}@${box.depth}:${box.value}`).sort();

test('a node weighs what its stacks weigh', () => {
  const from = recording();
  assert.deepEqual([...sumUp(from, siteValues(from, 'live', null))], [100, 100, 90, 60, 30, 10]);
});

test('widths are shares of the focus, and its callers stay at full width', () => {
  const from = recording();
  const sums = sumUp(from, siteValues(from, 'live', null));
  const boxes = layOutCalls(from, childrenOf(from), sums, 2, 0.001);
  assert.deepEqual(named(from, boxes), ['all@0:100', 'close@3:30', 'main@1:100', 'open@3:60', 'serve@2:90']);
  assert.ok(Math.abs(boxes.find((box) => box.value === 60).width - 60 / 90) < 1e-9);
  assert.ok(boxes.filter((box) => box.depth < 3).every((box) => box.width === 1));
});

test('what is too narrow to be seen is not laid out', () => {
  const from = recording();
  const sums = sumUp(from, siteValues(from, 'live', null));
  assert.deepEqual(named(from, layOutCalls(from, childrenOf(from), sums, 0, 0.2)), ['all@0:100', 'close@3:30', 'main@1:100', 'open@3:60', 'serve@2:90']);
});

test('inverted, one function that allocates is one box whoever called it', () => {
  const from = recording();
  const values = siteValues(from, 'live', null);
  assert.deepEqual(named(from, layOutCallers(from, values, [], 0.001)), ['all@0:100', 'close@1:30', 'main@2:10', 'main@3:30', 'main@3:60', 'open@1:70', 'serve@2:30', 'serve@2:60']);
  assert.deepEqual(named(from, layOutCallers(from, values, [2], 0.5)), ['all@0:100', 'main@3:60', 'open@1:70', 'serve@2:60']);
});

test('a window shows the growth between its ends', () => {
  const from = recording();
  assert.deepEqual([...siteValues(from, 'live', { from: 1.5, to: 3 })], [50, 0, 0]);
  assert.deepEqual([...siteValues(from, 'live', { from: 0, to: 1 })], [10, 0, 0]);
});

test('nothing to show is no box and no error', () => {
  const from = recording();
  assert.deepEqual(layOutCalls(from, childrenOf(from), sumUp(from, new Float64Array(3)), 0, 0.001), []);
});
