# SPDX-License-Identifier: Apache-2.0
# about: JIT, worker threads, WebAssembly with its trapped faults, zlib, child processes, exceptions
# needs: nodejs
# detect: command -v node
# records: node 3
. "$CASE_LIB"

cat >main.js <<'SCRIPT'
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
const zlib = require('zlib'), crypto = require('crypto'), fs = require('fs');
const { execFileSync, fork } = require('child_process');
const sha = (data) => crypto.createHash('sha256').update(data).digest('hex').slice(0, 16);
const work = (seed) => {
  const map = new Map();
  for (let i = 0; i < 60000; i++) map.set(`k${(i * seed) % 7001}`, { i, text: 'x'.repeat(i % 50) });
  return sha(JSON.stringify([...map.entries()].sort((a, b) => (a[0] < b[0] ? -1 : 1))));
};
// (module (memory 1) (func (export "load") (param i32) (result i32) local.get 0 i32.load)
//         (func (export "sum") (param i32) (result i32) ... counts down and adds)
//         (func (export "trap") unreachable))
const wasm = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 9, 2, 96, 1, 127, 1, 127, 96, 0, 0, 3, 4, 3, 0, 0, 1, 5, 3, 1, 0, 1,
  7, 21, 3, 4, 108, 111, 97, 100, 0, 0, 3, 115, 117, 109, 0, 1, 4, 116, 114, 97, 112, 0, 2,
  10, 39, 3, 7, 0, 32, 0, 40, 2, 0, 11, 25, 1, 1, 127, 3, 64, 32, 1, 32, 0, 106, 33, 1, 32, 0, 65, 1,
  107, 34, 0, 13, 0, 11, 32, 1, 11, 3, 0, 0, 11]);
async function main() {
  console.log('main', work(3));
  const workers = [5, 7, 11].map((seed) => new Promise((done) =>
    new Worker(__filename, { workerData: seed }).on('message', done)));
  console.log('workers', await Promise.all(workers));

  const { instance } = await WebAssembly.instantiate(wasm);
  console.log('wasm', instance.exports.sum(100000));
  let faults = 0;
  for (let i = 0; i < 500; i++) try { instance.exports.load(65536 + i * 4096); } catch (e) { faults += e instanceof WebAssembly.RuntimeError; }
  try { instance.exports.trap(); } catch (e) { console.log(faults, String(e)); }

  const text = Buffer.from(Array.from({ length: 40000 }, (_, i) => `line ${i * i % 1013}`).join('\n'));
  const packed = await Promise.all([1, 6, 9].map((level) => new Promise((done) => zlib.gzip(text, { level }, (_, r) => done(r)))));
  console.log('zlib', packed.map(sha), sha(zlib.gunzipSync(packed[1])));
  fs.writeFileSync('packed.gz', packed[2]);
  console.log('scrypt', sha(crypto.scryptSync('a', 'b', 32)));
  console.log('child', execFileSync('sh', ['-c', 'echo from a child']).toString().trim());
  const child = fork(__filename, ['child']);
  child.on('message', (m) => console.log('message', m));
  console.log('exit', await new Promise((done) => child.on('exit', done)));
  const deep = () => deep() + 1;
  try { deep(); } catch (e) { console.log(e.constructor.name); }
  process.exitCode = 5;
}
if (!isMainThread) parentPort.postMessage(work(workerData));
else if (process.argv[2] === 'child') process.send('hello', () => process.exit(8));
else main();
SCRIPT
status main traced node main.js
status error traced node -e 'null.x' 2>&1 | grep -E '^TypeError|exit'
status signal traced node -e 'process.kill(process.pid, "SIGTERM"); setTimeout(() => {}, 5000)' 2>&1 | tail -n 1
