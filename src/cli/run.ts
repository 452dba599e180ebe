/** `bpfkit run`: a program in the embedded VM, on frames or on plain memory. */
import { fromHex } from "../bytes/index.js";
import { BpfkitError, failure } from "../diag/index.js";
import { imageOf } from "../object/index.js";
import { createVm, type Vm } from "../vm/index.js";
import { openObject } from "./open.js";
import { put } from "./output.js";
import { toJson, usage } from "./report.js";
import { applyUpdates, chooseProgram, drive, wrongTraffic, type Target, type TrafficOptions } from "./traffic.js";

interface Options extends TrafficOptions {
  readonly memory?: string;
  readonly cpus: string;
  readonly budget?: string;
}

function target(vm: Vm, program: string): Target {
  return {
    runFrame(frame) {
      const done = vm.runXdp(program, frame);
      if (done.kind === "fault") throw new BpfkitError([done.diagnostic]);
      return { verdict: done.verdict, frame: done.packet };
    },
    update(map, key, value) {
      const errno = vm.map(map).update(key, value);
      if (errno !== 0) throw failure("cli-update-refused", { map, errno });
    },
    *entries(name) {
      const map = vm.map(name);
      for (const key of map.keys()) {
        const values = map.perCpu ? map.lookupAll(key) : [map.lookup(key)!];
        if (values !== undefined) yield [key, values];
      }
    },
  };
}

export async function run(file: string, given: object): Promise<void> {
  const options = given as Options;
  const numbers = [options.cpus, options.budget ?? "1"].map(Number);
  if (numbers.some((number) => !Number.isSafeInteger(number) || number < 1)) {
    return usage("--cpus and --budget take a whole number from 1 on", "for example --cpus 2");
  }
  if (options.memory !== undefined && !/^([0-9a-fA-F]{2})*$/.test(options.memory)) {
    return usage("--memory takes bytes in hex", "for example --memory 01020304");
  }
  if (wrongTraffic(options)) return;
  if (options.memory !== undefined && options.packets !== undefined) {
    return usage("--memory and --packets exclude each other", "give one of them");
  }
  const image = imageOf(await openObject(file));
  const { name } = chooseProgram(image, options.program);
  const vm = createVm(image, {
    cpus: numbers[0]!,
    ...(options.budget === undefined ? {} : { budget: numbers[1]! }),
    trace: (line) => process.stderr.write(`${line}\n`),
  });
  const place = target(vm, name);
  applyUpdates(place, options.update);
  if (options.packets !== undefined) return drive(image, place, options);
  const done = vm.run(name, options.memory === undefined ? {} : { memory: fromHex(options.memory) });
  if (done.kind === "fault") throw new BpfkitError([done.diagnostic]);
  const text = `r0 = 0x${done.r0.toString(16)} (${done.insns} instructions)\n`;
  put(options.json === true ? `${toJson({ r0: done.r0, insns: done.insns, memory: done.memory })}\n` : text);
}
