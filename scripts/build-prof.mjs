// Builds dist/: the library with tsc (ESM and declarations), the command with esbuild (split, so that a verb loads only its rooms).
import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));

rmSync(`${root}dist`, { recursive: true, force: true });
execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, "-p", `${root}tsconfig.build.json`], {
  stdio: "inherit",
});
// commander starts subcommands that are programs of their own by node:child_process; ours are none, and loading it takes longer than
// most commands run.
const noSubprocesses = {
  name: "no-subprocesses",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes("commander") ? { path: "nothing", namespace: "no-subprocesses" } : undefined,
    );
    onLoad({ filter: /.*/, namespace: "no-subprocesses" }, () => ({ contents: "module.exports = {};" }));
  },
};
await build({
  plugins: [noSubprocesses],
  absWorkingDir: root,
  entryPoints: ["src/cli/main.ts"],
  outdir: "dist/cli",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  minify: false,
  external: ["koffi"],
  define: { BPFKIT_VERSION: JSON.stringify(version) },
  // commander is CommonJS and asks for node: modules by require.
  banner: {
    js: 'import { createRequire as bpfkitRequire } from "node:module"; const require = bpfkitRequire(import.meta.url);',
  },
  logLevel: "warning",
});
// The command holds code of these packages; their licences ask to go with it.
const notices = ["commander", "@dagrejs/dagre", "@dagrejs/graphlib"].map(
  (name) => `${name}\n\n${readFileSync(`${root}node_modules/${name}/LICENSE`, "utf8")}`,
);
writeFileSync(`${root}dist/cli/LICENSES.txt`, notices.join("\n"));
chmodSync(`${root}bin/bpfkit`, 0o755);
