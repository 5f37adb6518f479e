// SPDX-License-Identifier: Apache-2.0
// Drives the page in a real browser: drive.mjs PAGE [--shots DIR]. Checks what a reader does (search, zoom, window, site panel, theme, keyboard), that names
// are text, and prints what a page of 100,000 call stacks costs. Exits 1 at the first thing that does not hold.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { chromium } = createRequire(new URL('../../reader/web/package.json', import.meta.url))('playwright-core');
const [file, option, shots] = process.argv.slice(2);
const keep = option === '--shots' ? shots : null;

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
const errors = [];
let requests = 0;

async function open(path, scheme = 'light') {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1200 }, colorScheme: scheme });
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('dialog', (dialog) => { errors.push(`a dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('request', (request) => { if (!request.url().startsWith('file:') && !request.url().startsWith('data:')) ++requests; });
  await page.goto(`file://${path}`);
  await page.waitForSelector('#sites tbody tr');
  return page;
}
const shot = async (page, name) => { if (keep) await page.screenshot({ path: join(keep, name) }); };

async function readsLikeAReport(page) {
  assert.match(await page.textContent('#summary'), /holds/, 'the summary names the leak');
  assert.ok((await page.title()).endsWith('- dbgtrace'));
  await shot(page, 'page.png');

  await page.fill('#search', 'leak_here');
  assert.match(await page.textContent('#flame'), /found [0-9.]+ %/, 'the search says how much it found');
  await page.fill('#search', 'no such function');
  assert.match(await page.textContent('#flame'), /found 0/, 'what is not there is not found');
  await page.fill('#search', '');

  const canvas = await page.locator('#flame canvas').boundingBox();
  await page.mouse.move(canvas.x + 5, canvas.y + canvas.height - 28);
  const before = await page.textContent('.flame-note');
  assert.match(before, /100.0 %|[0-9.]+ %/, 'hovering describes the box');
  await page.mouse.click(canvas.x + 5, canvas.y + canvas.height - 28);
  await page.focus('#flame canvas');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  assert.notEqual(await page.textContent('.flame-note'), '\u00a0', 'arrow keys move through the boxes');
  await page.keyboard.press('Escape');
  await page.check('#inverted');
  await page.uncheck('#inverted');
  await page.selectOption('#metric', 'allocated');

  await page.click('#sites tbody tr');
  assert.ok(await page.isVisible('#site'), 'a row opens its call stack');
  assert.ok((await page.locator('#site .stack li').count()) > 1);
  await shot(page, 'page-stack.png');
  await page.keyboard.press('Escape');
  assert.ok(!(await page.isVisible('#site')), 'Escape closes it');

  const plot = await page.locator('#timeline .u-over').boundingBox();
  await page.mouse.move(plot.x + plot.width * 0.4, plot.y + 40);
  await page.mouse.down();
  await page.mouse.move(plot.x + plot.width * 0.8, plot.y + 60, { steps: 4 });
  await page.mouse.up();
  assert.match(await page.textContent('#window'), / to /, 'dragging chooses a window');
  assert.match(await page.textContent('#sites thead'), /growth/, 'and the table shows the growth in it');
  await page.click('#timeline button');
  assert.equal(await page.textContent('#window'), 'whole run');

  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  await page.click('#theme');
  assert.notEqual(await paper(), light, 'light turns dark');
}

async function showsNamesAsText(page) {
  assert.match(await page.textContent('body'), /<img src=x onerror=alert\(1\)>/, 'the odd name is shown as it is');
  assert.equal(await page.locator('img').count(), 0, 'and made no element');
}

// The same page with another document: stacks of 12 to 40 calls under a tree that branches everywhere.
function manyStacks(count) {
  const names = Array.from({ length: 4000 }, (_, i) => `module_${i % 40}::function_${i}`);
  const nodes = { parent: [0], frame: [-1] };
  const sites = { node: [], title: [], live_bytes: [], leaked_bytes: [], peak_bytes: [], allocated_bytes: [], allocations: [], temporary: [], live_low: [], live_high: [], live_count: [], samples: [], growth: [], verdict: [] };
  let seed = 12345;
  const random = (below) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
  let spine = [0];
  for (let site = 0; site < count; ++site) {
    const kept = Math.max(1, Math.min(spine.length, 6 + random(24)));
    spine = spine.slice(0, kept);
    for (let more = 1 + random(8); more > 0; --more) {
      nodes.parent.push(spine[spine.length - 1]);
      nodes.frame.push(random(names.length));
      spine.push(nodes.parent.length - 1);
    }
    for (const column of Object.keys(sites)) sites[column].push(0);
    sites.node[site] = spine[spine.length - 1];
    sites.title[site] = nodes.frame[sites.node[site]];
    sites.verdict[site] = -1;
    for (const column of ['live_bytes', 'peak_bytes', 'allocated_bytes']) sites[column][site] = 1 + random(100000);
  }
  const zeros = names.map(() => 0);
  return {
    schema: 'dbgtrace.html/1', file: 'made', info: { name: 'many', state_text: '', facts: [] }, totals: { live_bytes: 1 }, verdicts: [],
    timeline: { t: [0, 1, 2], live: [1, 2, 3], rss: [null, null, null], marks: [] },
    frames: { name: names.map((_, i) => i + 1), file: zeros, line: zeros, module: zeros, inlined: zeros },
    nodes, sites, series: [], details: {}, left_out: 0, strings: ['', ...names],
  };
}

async function measuresManyStacks(html) {
  const path = join(tmpdir(), `dbgtrace-many-${process.pid}.html`);
  const begin = html.indexOf('<script type="application/json" id="recording">') + '<script type="application/json" id="recording">'.length;
  writeFileSync(path, html.slice(0, begin) + JSON.stringify(manyStacks(100000)) + html.slice(html.indexOf('</script>', begin)));
  const started = Date.now();
  const page = await open(path);
  const opened = Date.now() - started;
  await page.evaluate(() => {
    window.longest = 0;
    new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration); }).observe({ entryTypes: ['longtask'] });
  });
  const zooms = async () => {
    const canvas = await page.locator('#flame canvas').boundingBox();
    for (let row = 2; row < 8; ++row) {
      await page.mouse.click(canvas.x + 40, canvas.y + canvas.height - row * 19 + 9);
      await page.waitForTimeout(120);
    }
    const longest = await page.evaluate(() => window.longest);
    await page.evaluate(() => { window.longest = 0; });
    return Math.round(longest);
  };
  const calls = await zooms();
  await page.check('#inverted');
  await page.waitForTimeout(300);
  const turned = Math.round(await page.evaluate(() => window.longest));
  await page.fill('#search', 'function_39');
  await page.waitForTimeout(300);
  const searched = Math.round(await page.evaluate(() => window.longest));
  console.log(`100,000 call stacks: opens in ${opened} ms; longest task ${calls} ms when zooming, ${turned} ms when inverted, ${searched} ms with search`);
  await page.close();
}

const html = readFileSync(file, 'utf8');
const page = await open(file);
await showsNamesAsText(page);
await readsLikeAReport(page);
await page.close();
const dark = await open(file, 'dark');
await shot(dark, 'page-dark.png');
await dark.close();
await measuresManyStacks(html);
await browser.close();
assert.deepEqual(errors, [], 'no script error, no dialog');
assert.equal(requests, 0, 'no network');
console.log('the page holds');
