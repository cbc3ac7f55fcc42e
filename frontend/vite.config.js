import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig } from "vite";
import solid from "vite-plugin-solid";

const BUILT = "../locksley/web/static";
const WORTH_COMPRESSING = /\.(html|js|css|svg)$/;

/** Beside each file the same one compressed, so that the broker never compresses anything. */
function precompress() {
  return {
    name: "precompress",
    apply: "build",
    closeBundle() {
      for (const name of readdirSync(BUILT).filter((name) => WORTH_COMPRESSING.test(name))) {
        const path = join(BUILT, name);
        const bytes = readFileSync(path);
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
      }
    },
  };
}

// Every file flat in one folder, its hash in its name; nothing is inlined, so the content security policy can refuse all that is.
export default defineConfig({
  base: "/static/",
  plugins: [solid(), precompress()],
  build: {
    outDir: BUILT,
    assetsDir: "",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2_000, // kB: the viewer of the API description is one piece
    rolldownOptions: { input: ["index.html", "docs.html"], checks: { pluginTimings: false } },
  },
});
