// Builds dist/: the library with tsc (ESM and declarations), the command with esbuild (split, so that a verb loads only its rooms).
import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));

rmSync(`${root}dist`, { recursive: true, force: true });
execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, "-p", `${root}tsconfig.build.json`], {
  stdio: "inherit",
});
await build({
  absWorkingDir: root,
  entryPoints: ["src/cli/main.ts"],
  outdir: "dist/cli",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  minify: true,
  external: ["koffi"],
  define: { BPFKIT_VERSION: JSON.stringify(version) },
  // commander is CommonJS and asks for node: modules by require.
  banner: {
    js: 'import { createRequire as bpfkitRequire } from "node:module"; const require = bpfkitRequire(import.meta.url);',
  },
  logLevel: "warning",
});
chmodSync(`${root}bin/bpfkit`, 0o755);
