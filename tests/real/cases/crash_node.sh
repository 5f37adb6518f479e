# SPDX-License-Identifier: Apache-2.0
# about: node: a thousand trapped faults of WebAssembly, then a real crash in a native addon
# needs: nodejs gcc libc6-dev
# detect: command -v node && command -v gcc
# records: node 1
# crashes: node SIGSEGV null-dereference read_setting
. "$CASE_LIB"

cat >addon.c <<'SOURCE'
struct setting { const char *name; int value; };
__attribute__((noinline)) static int read_setting(const struct setting *setting) { return setting->value; }
static const struct setting *volatile missing;
static volatile int sum;
void *napi_register_module_v1(void *env, void *exports) {
  (void)env;
  sum += read_setting(missing);
  return exports;
}
SOURCE
gcc -g -O1 -shared -fPIC -o addon.node addon.c
cat >main.js <<'SCRIPT'
// (module (memory 1) (func (export "load") (param i32) (result i32) local.get 0 i32.load))
const wasm = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 127, 1, 127, 3, 2, 1, 0, 5, 3, 1, 0, 1,
  7, 8, 1, 4, 108, 111, 97, 100, 0, 0, 10, 9, 1, 7, 0, 32, 0, 40, 2, 0, 11]);
const { exports: { load } } = new WebAssembly.Instance(new WebAssembly.Module(wasm));
let faults = 0;
for (let i = 0; i < 1000; i++) {
  try { load(65536 + i * 4096); } catch (e) { faults += e instanceof WebAssembly.RuntimeError; }
}
console.log('faults', faults);
if (process.argv[2]) require('./addon.node');
process.exitCode = 4;
SCRIPT
status handled traced node main.js
status addon traced node main.js crash 2>&1 | grep -v 'Segmentation fault'
