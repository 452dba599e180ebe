/** `bpfkit load`: a program into the kernel, and a test run on frames. Everything is closed again at the end. */
import { nearest } from "../diag/index.js";
import { ProgramType } from "../isa/index.js";
import { loadImage, type LoadedImage } from "../kernel/index.js";
import { openSyscalls, readKernelBtf } from "../node/index.js";
import { imageOf } from "../object/index.js";
import { openObject } from "./open.js";
import { put } from "./output.js";
import { toJson, usage } from "./report.js";
import { applyUpdates, chooseProgram, drive, wrongTraffic, type Target, type TrafficOptions } from "./traffic.js";

interface Options extends TrafficOptions {
  readonly logLevel?: string;
  readonly type?: string;
}

function target(loaded: LoadedImage, program: string): Target {
  return {
    runFrame(frame) {
      const { retval, data } = loaded.program(program).testRun({ data: frame });
      return { verdict: retval, frame: data };
    },
    update: (map, key, value) => loaded.map(map).update(key, value),
    *entries(name) {
      const map = loaded.map(name);
      for (const [key, value] of map.entries()) yield [key, map.perCpu ? map.lookupPerCpu(key)! : [value]];
    },
  };
}

/** `xdp` or `BPF_PROG_TYPE_XDP` as a number. */
function typeNumber(name: string): number | undefined {
  const key = name.startsWith("BPF_PROG_TYPE_") ? name : `BPF_PROG_TYPE_${name.toUpperCase()}`;
  return (ProgramType as Readonly<Record<string, number>>)[key];
}

export async function run(file: string, given: object): Promise<void> {
  const options = given as Options;
  const level = Number(options.logLevel ?? "0");
  if (!Number.isInteger(level) || level < 0 || level > 7)
    return usage("--log-level takes a number from 0 to 7", "for example 1");
  const type = options.type === undefined ? undefined : typeNumber(options.type);
  if (options.type !== undefined && type === undefined) {
    const names = Object.keys(ProgramType).map((name) => name.slice("BPF_PROG_TYPE_".length).toLowerCase());
    return usage(`there is no program type ${options.type}`, `did you mean ${nearest(options.type, names) ?? "xdp"}?`);
  }
  if (wrongTraffic(options)) return;
  const image = imageOf(await openObject(file));
  const { name } = chooseProgram(image, options.program);
  const loaded = loadImage(image, await openSyscalls(), {
    programs: [name],
    logLevel: level,
    kernelBtf: readKernelBtf,
    ...(type === undefined ? {} : { type }),
  });
  try {
    if (level > 0) process.stderr.write(loaded.program(name).log);
    const place = target(loaded, name);
    applyUpdates(place, options.update);
    if (options.packets !== undefined) return await drive(image, place, options);
    const facts = { program: name, maps: loaded.maps.map((map) => map.name) };
    put(options.json === true ? `${toJson(facts)}\n` : `${name}: the verifier accepts it\n`);
  } finally {
    loaded.close();
  }
}
