// Builds dist/: the library with tsc (ESM and declarations), the command with esbuild (a bundle a verb, so that it loads only its rooms).
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { evaluate, messagesFile, precomputed } from "./precomputed.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));

rmSync(`${root}dist`, { recursive: true, force: true });
execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, "-p", `${root}tsconfig.build.json`], {
  stdio: "inherit",
});
// commander starts subcommands that are programs of their own by node:child_process; ours are none, and loading it takes longer than
// most commands run. Nor need node:process be loaded for what is there anyway.
const inCommander = { "node:child_process": "module.exports = {};", "node:process": "module.exports = process;" };
const fewerModules = {
  name: "fewer-modules",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path, importer }) =>
      path in inCommander && importer.includes("commander") ? { path, namespace: "fewer-modules" } : undefined,
    );
    onLoad({ filter: /.*/, namespace: "fewer-modules" }, ({ path }) => ({ contents: inCommander[path] }));
  },
};

const bundling = {
  absWorkingDir: root,
  bundle: true,
  format: "cjs",
  platform: "node",
  target: "node20.19",
  minify: true,
  external: ["koffi", messagesFile],
  // What V8 is given as a script cannot import.
  supported: { "dynamic-import": false },
  plugins: [fewerModules, precomputed],
  define: { BPFKIT_VERSION: JSON.stringify(version) },
  logLevel: "warning",
};

/**
 * Bundles `contents`, a module beside src/cli/*.ts, into dist/cli/NAME.cjs, as a function that start.ts calls: wrapping it there would copy
 * all of the text. Returns a hash of the bundle.
 */
async function bundle(name, contents, more = {}) {
  const outfile = `dist/cli/${name}.cjs`;
  const stdin = { contents, resolveDir: `${root}src/cli`, sourcefile: `bundle-${name}.ts`, loader: "ts" };
  const { outputFiles } = await build({ ...bundling, stdin, outfile, write: false, ...more });
  const text = `(function (exports, require, module) {${outputFiles[0].text}\n})`;
  writeFileSync(`${root}${outfile}`, text);
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

const { catalogue } = await evaluate(`${root}src/diag/catalogue.ts`);
mkdirSync(`${root}dist/cli`, { recursive: true });
writeFileSync(`${root}dist/cli/${messagesFile}`, `module.exports = ${JSON.stringify(catalogue())};\n`);
// The verbs are what the table of the command says.
const { verbs } = await evaluate(`${root}src/cli/verbs.ts`);
/** What src/cli/verbs.ts calls a verb: `btfDump`. A bundle takes its own alone. */
const nameOf = (verb) => verb.replace(/ (.)/, (_, letter) => letter.toUpperCase());
const run = (file, verb) => `
  import { main } from "./main.ts";
  import { ${nameOf(verb)} as verb } from "./verbs.ts";
  import { run } from "./${file}.ts";
  export const start = (words) => main(words, { "${verb}": verb }, run);`;
const bundles = {
  help: await bundle(
    "help",
    `import { main } from "./main.ts"; import { verbs } from "./verbs.ts"; export const start = (words) => main(words, verbs);`,
  ),
  response: await bundle("response", 'export { expandOrFail as start } from "./response.ts";'),
  // The layout library is as large as the rest of the verb: it has a bundle of its own.
  "objdump-cfg": await bundle("objdump-cfg", run("objdump", "objdump")),
};
for (const verb of Object.keys(verbs)) {
  const file = verb.replace(" ", "-");
  const more = verb === "objdump" ? { external: [...bundling.external, "./objdump-cfg.js"] } : {};
  bundles[file] = await bundle(file, run(file, verb), more);
}
await build({
  ...bundling,
  entryPoints: ["src/cli/start.ts", "src/cli/code-keep.ts"],
  outdir: "dist/cli",
  outExtension: { ".js": ".cjs" },
  external: ["./code-keep.cjs"],
  define: { BPFKIT_BUNDLES: JSON.stringify(bundles) },
});
// The command holds code of these packages; their licences ask to go with it.
const notices = ["commander", "@dagrejs/dagre", "@dagrejs/graphlib"].map(
  (name) => `${name}\n\n${readFileSync(`${root}node_modules/${name}/LICENSE`, "utf8")}`,
);
writeFileSync(`${root}dist/cli/LICENSES.txt`, notices.join("\n"));
chmodSync(`${root}bin/bpfkit`, 0o755);
