// What the command's bundles hold in place of modules that compute tables when they are loaded: the tables themselves.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { build } from "esbuild";

/** The exports of the module `path`, run here. */
export async function evaluate(path) {
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    format: "cjs",
    platform: "node",
    write: false,
    outfile: "evaluated.cjs",
  });
  const module = { exports: {} };
  const run = new Function("exports", "require", "module", outputFiles[0].text);
  run(module.exports, createRequire(import.meta.url), module);
  return module.exports;
}

/** Tables of plain data: rows that take longer to make than to read. */
const tables = /\/src\/isa\/table\.ts$/;
/** Rooms that hand out a module's constants as one object. */
const rooms = /\/src\/(isa|elf)\/index\.ts$/;

function remembered(make) {
  const known = new Map();
  return ({ path }) => {
    if (!known.has(path)) known.set(path, make(path));
    return known.get(path);
  };
}

async function asData(path) {
  const lines = Object.entries(await evaluate(path)).map(([name, value]) => {
    const json = JSON.stringify(value);
    if (JSON.stringify(JSON.parse(json)) !== json || json.includes("null"))
      throw new Error(`${path}: ${name} is no data`);
    return `export const ${name} = JSON.parse(${JSON.stringify(json)});`;
  });
  return { contents: lines.join("\n"), loader: "js" };
}

/** esbuild makes a getter for each name of `export * as x`; an object of constants costs less to make and to read. */
async function asObjects(path) {
  let contents = readFileSync(path, "utf8");
  for (const [line, name, from] of contents.matchAll(/^export \* as (\w+) from "(\.\/[\w-]+)\.js";$/gm)) {
    const names = Object.keys(await evaluate(new URL(`${from}.ts`, `file://${path}`).pathname));
    const fields = names.map((each) => `${each}: all.${each}`).join(", ");
    contents = contents.replace(line, `import * as all from "${from}.js"; export const ${name} = { ${fields} };`);
  }
  return { contents, loader: "ts" };
}

export const precomputed = {
  name: "precomputed",
  setup({ onLoad }) {
    onLoad({ filter: tables }, remembered(asData));
    onLoad({ filter: rooms }, remembered(asObjects));
  },
};
