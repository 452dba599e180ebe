// What the command's bundles hold in place of modules that compute tables when they are loaded: the tables themselves.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
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
const tables = /\/src\/(isa\/table|object\/insn-place-table)\.ts$/;
/** All messages: read when there is something to say. */
const messages = /\/src\/diag\/catalogue\.ts$/;
/** Functions that make WebAssembly: what they return. */
const modules = /-wasm\.ts$/;
/** Rooms that hand out a module's constants as one object. */
const rooms = /\/src\/(isa|elf)\/index\.ts$/;

function remembered(make) {
  const known = new Map();
  return ({ path }) => {
    if (!known.has(path)) known.set(path, make(path));
    return known.get(path);
  };
}

/** An expression of `value`, which `what` names in messages. */
function parsed(value, what) {
  const json = JSON.stringify(value);
  if (!isDeepStrictEqual(JSON.parse(json), value)) throw new Error(`${what} is no data`);
  return `JSON.parse(${JSON.stringify(json)})`;
}

async function asData(path) {
  const lines = Object.entries(await evaluate(path)).map(
    ([name, value]) => `export const ${name} = ${parsed(value, `${path}: ${name}`)};`,
  );
  return { contents: lines.join("\n"), loader: "js" };
}

/** The catalogue as a file beside the bundles, which share it: hardly a run reads it. */
export const messagesFile = "./messages.cjs";
const asMessages = async () => ({
  contents: `let made; export const catalogue = () => (made ??= require(${JSON.stringify(messagesFile)}));`,
  loader: "js",
});

async function asResults(path) {
  const lines = Object.entries(await evaluate(path)).map(
    ([name, make]) => `export const ${name} = () => ${JSON.stringify(make())};`,
  );
  return { contents: lines.join("\n"), loader: "js" };
}

/** esbuild makes a getter for each name of `export * as x`; an object of constants costs less to make and to read. */
async function asObjects(path) {
  let contents = readFileSync(path, "utf8");
  for (const [line, name, from] of contents.matchAll(/^export \* as (\w+) from "(\.\/[\w-]+)\.js";$/gm)) {
    const exported = Object.entries(await evaluate(new URL(`${from}.ts`, `file://${path}`).pathname));
    // V8 copies numbers with the object, and sets what has another name field by field.
    const fields = exported.map(([each, value]) => `${each}: ${typeof value === "number" ? value : `all.${each}`}`);
    contents = contents.replace(
      line,
      `import * as all from "${from}.js"; export const ${name} = { ${fields.join(", ")} };`,
    );
  }
  return { contents, loader: "ts" };
}

export const precomputed = {
  name: "precomputed",
  setup({ onLoad }) {
    onLoad({ filter: tables }, remembered(asData));
    onLoad({ filter: messages }, asMessages);
    onLoad({ filter: modules }, remembered(asResults));
    onLoad({ filter: rooms }, remembered(asObjects));
  },
};
