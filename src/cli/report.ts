/** What the commands share: diagnostics on standard error, facts on standard output, exit codes. */
import { BpfkitError, diagnostic, formatDiagnostic, type Diagnostic } from "../diag/index.js";
import { exitCodes } from "./exit-codes.js";
import { put } from "./output.js";

/** The name of an input in messages. */
export function inputName(file: string): string {
  return file === "-" ? "<stdin>" : file;
}

/** Bigints as decimal strings, byte arrays as hex: JSON has neither. */
export function toJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_, each: unknown) => {
      if (typeof each === "bigint") return each.toString();
      if (each instanceof Uint8Array) return Buffer.from(each).toString("hex");
      return each;
    },
    2,
  );
}

/** Asked only when there is something to say: making the stream takes time. */
function isColoured(): boolean {
  return process.stderr.isTTY && process.env["NO_COLOR"] === undefined;
}

/** Prints diagnostics, and sets exit code 1 when there is an error among them. */
export function report(diagnostics: readonly Diagnostic[], json = false): void {
  if (json) put(`${toJson({ diagnostics })}\n`);
  else for (const each of diagnostics) process.stderr.write(`${formatDiagnostic(each, { colour: isColoured() })}\n`);
  if (diagnostics.some(({ severity }) => severity === "error")) process.exitCode = exitCodes.input;
}

/** What a view could do without: shown, but no reason to fail. */
export function asWarnings(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.map((each) => ({ ...each, severity: "warning" as const }));
}

/** Ends a command on `error`: its diagnostics, never a stack trace unless it is a fault of bpfkit's own. */
export function fail(error: unknown): void {
  if (error instanceof BpfkitError) return report(error.diagnostics);
  throw error;
}

/** Runs a command whose diagnostics may be asked for as JSON: those that end it are reported as the others are. */
export async function reporting(json: boolean | undefined, command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    if (json !== true || !(error instanceof BpfkitError)) throw error;
    report(error.diagnostics, json);
  }
}

/** Whether objects and JSON would both go to standard output; says so if they would. */
export function mixed(output: string, json = false): boolean {
  if (output !== "-" || !json) return false;
  usage("-o - and --json both write to standard output", "give -o a file");
  return true;
}

/** A wrong command line: exit code 2. */
export function usage(message: string, help: string): void {
  report([diagnostic("cli-usage", { message, help })]);
  process.exitCode = exitCodes.usage;
}
