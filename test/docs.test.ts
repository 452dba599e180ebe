/** Every fenced example of the README and of docs/ is executed: commands with their output, programs, assembly. */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { assemble } from "../src/asm/index.js";
import { formatDiagnostic } from "../src/diag/index.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const pages = ["README.md", "CONTRIBUTING.md", "bench/README.md"];
for (const entry of readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })) {
  if (entry.endsWith(".md")) pages.push(`docs/${entry}`);
}

interface Block {
  readonly language: string;
  readonly line: number;
  readonly text: string;
}

function blocks(page: string): Block[] {
  const found: Block[] = [];
  let open: { language: string; line: number; lines: string[] } | undefined;
  readFileSync(join(root, page), "utf8")
    .split("\n")
    .forEach((line, i) => {
      const fence = /^```(\w*)$/.exec(line);
      if (fence === null) open?.lines.push(line);
      else if (open === undefined) open = { language: fence[1]!, line: i + 1, lines: [] };
      else {
        found.push({ language: open.language, line: open.line, text: open.lines.join("\n") });
        open = undefined;
      }
    });
  return found;
}

let bin = "";
beforeAll(() => {
  bin = mkdtempSync(join(tmpdir(), "bpfkit-docs-"));
  writeFileSync(join(bin, "bpfkit"), `#!/bin/sh\nexec "${process.execPath}" "${join(root, "bin/bpfkit")}" "$@"\n`);
  chmodSync(join(bin, "bpfkit"), 0o755);
  mkdirSync(join(root, "out"), { recursive: true });
});
afterAll(() => rmSync(bin, { recursive: true, force: true }));

/** Runs the `$ ` lines of a console block; the lines behind each are what it prints. */
function runConsole({ text }: Block): void {
  let command = "";
  let expected: string[] = [];
  const finish = (): void => {
    if (command === "") return;
    const done = spawnSync("sh", ["-c", command], {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, PATH: `${bin}:${process.env["PATH"] ?? ""}`, NO_COLOR: "1" },
    });
    expect((done.stdout + done.stderr).trimEnd(), command).toBe(expected.join("\n").trimEnd());
  };
  for (const line of text.split("\n")) {
    if (line.startsWith("$ ")) {
      finish();
      command = line.slice(2);
      expected = [];
    } else expected.push(line);
  }
  finish();
}

test.each(pages)("%s: every fenced example holds", (page) => {
  for (const block of blocks(page)) {
    const where = `${page}:${block.line}`;
    if (block.language === "console") runConsole(block);
    else if (block.language === "js") {
      // The program runs as a file of the package, which may import itself by name.
      const file = join(root, "out", page === "README.md" ? "readme.mjs" : "example.mjs");
      writeFileSync(file, block.text);
      execFileSync(process.execPath, [file], { cwd: root, stdio: "pipe" });
    } else if (block.language === "asm") {
      const { diagnostics } = assemble(block.text, { file: where });
      expect(diagnostics.map((each) => formatDiagnostic(each)).join("\n")).toBe("");
    } else if (block.language === "sh") {
      // What CI itself runs, step by step.
      expect(["npm ci && npm start", "npm ci && npm test"], where).toContain(block.text);
    } else expect(["text"], where).toContain(block.language);
  }
});
