/**
 * cilium/ebpf, the loader of Go programs, takes what our linker makes and its programs return what they return from bpftool's
 * linker. The little Go program is built outside of the project, from Debian's packages golang-go and
 * golang-github-cilium-ebpf-dev, without modules and without a network.
 */
import { existsSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { corpusMissing, corpusPath } from "../support/corpus.js";
import { kernelMissing } from "../support/kernel.js";
import { runTool, toolMissing } from "../support/tools.js";
import { clangMissing, expectLinked, kitchen } from "./compile.js";

const gopath = "/usr/share/gocode";
const library = `${gopath}/src/github.com/cilium/ebpf`;
const libraryMissing = existsSync(library) ? "" : ` (skipped: there is no ${library})`;
if (libraryMissing !== "") console.warn(`cilium/ebpf${libraryMissing}`);
const missing = clangMissing + corpusMissing + kernelMissing + toolMissing("go") + libraryMissing;

const cooking = kitchen();
const { compileFile, path } = cooking;

/** Prints a line a program of each object: its name and what it returns for 64 zeros, or why it does not load. */
const loader = `package main

import (
	"fmt"
	"os"

	"github.com/cilium/ebpf"
)

func load(path string) error {
	spec, err := ebpf.LoadCollectionSpec(path)
	if err != nil {
		return err
	}
	collection, err := ebpf.NewCollection(spec)
	if err != nil {
		return err
	}
	defer collection.Close()
	for name, program := range collection.Programs {
		result, _, err := program.Test(make([]byte, 64))
		if err != nil {
			return err
		}
		fmt.Printf("%s %d\\n", name, result)
	}
	return nil
}

func main() {
	if err := load(os.Args[1]); err != nil {
		fmt.Println("failed:", err)
	}
}
`;

let built = false;

function build(): void {
  if (built) return;
  writeFileSync(path("main.go"), loader);
  const env = ["GO111MODULE=off", "GOFLAGS=", `GOPATH=${gopath}`, `GOCACHE=${path("cache")}`];
  const { status, stderr } = runTool("env", [...env, "go", "build", "-o", path("loader"), path("main.go")]);
  expect(status, stderr).toBe(0);
  built = true;
}

const loaded = (file: string): string[] =>
  runTool("env", [path("loader"), path(file)])
    .stdout.trim()
    .split("\n")
    .toSorted();

const sets: readonly (readonly string[])[] = [
  ["callbacks", "xadd"],
  ["alu", "jumps"],
  ["packet", "many"],
];

test.skipIf(missing !== "").each(sets.map((names) => ({ names })))(
  `cilium/ebpf loads $names linked${missing}`,
  ({ names }) => {
    build();
    const objects = names.map((name) => compileFile(`${name}.o`, corpusPath(`c/${name}.c`)));
    const inputs = names.map((name) => path(`${name}.o`));
    expect(runTool("bpftool", ["gen", "object", path("theirs.o"), ...inputs]).stderr).toBe("");
    const theirs = loaded("theirs.o");
    expect(theirs[0]).not.toContain("failed");
    expectLinked(cooking, objects, loaded, theirs);
  },
  300_000,
);
