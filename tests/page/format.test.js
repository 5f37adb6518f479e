// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { bytes, estimate, seconds } from '../../reader/web/src/format.js';

test('sizes carry binary units and never more than four figures', () => {
  assert.deepEqual([0, 1023, 1024, 1536, 1048575, 5 * 2 ** 30, -2048].map((value) => bytes(value)), ['0 B', '1023 B', '1.0 KiB', '1.5 KiB', '1.0 MiB', '5.0 GiB', '-2.0 KiB']);
});

test('an estimate shows its interval, an exact figure does not', () => {
  assert.equal(estimate(1024, 512, 2048), '~1.0 KiB [512 B .. 2.0 KiB]');
  assert.equal(estimate(1024, null, null), '1.0 KiB');
});

test('times are told in the unit that fits', () => {
  assert.deepEqual([0.0000005, 0.25, 5, 90, 600, 7200, 864000].map(seconds), ['1 us', '250 ms', '5.0 s', '90 s', '10 min', '2.0 h', '10.0 days']);
});
