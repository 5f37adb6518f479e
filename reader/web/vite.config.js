// SPDX-License-Identifier: Apache-2.0
// One page, everything inlined, no network: what `dbgtrace html` embeds its data into.
import { defineConfig } from 'vite';
import { viteSingleFile } from 'vite-plugin-singlefile';

export default defineConfig({
  plugins: [viteSingleFile()],
  build: { target: 'es2022', outDir: process.env.DBGTRACE_PAGE_OUT ?? 'dist', emptyOutDir: false },
});
