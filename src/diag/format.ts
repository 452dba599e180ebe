/**
 * Diagnostics as text: `file:line:column: error: message [code]`, the source line, a caret, notes and advice.
 *
 * The layout follows gcc and clang, so that editors find the place. Colours are the caller's choice.
 */
import type { Diagnostic, Place, TextPlace } from "./types.js";

export interface FormatOptions {
  /** Write ANSI colour sequences. */
  readonly colour?: boolean;
}

const escapes = { error: "\x1b[1;31m", warning: "\x1b[1;35m", note: "\x1b[1;36m" } as const;
const bold = "\x1b[1m";
const green = "\x1b[1;32m";
const reset = "\x1b[0m";

/** Source lines longer than this are cut around the caret. */
const maxSource = 160;

/** Names and source lines come from files: their control characters must not reach a terminal. */
function printable(text: string): string {
  return text.replace(/[^\P{Cc}\t\n]/gu, "\u{fffd}");
}

function hex(offset: number): string {
  return `0x${offset.toString(16)}`;
}

/** `file:line:column`, or `file(section+0x10)` for binary places. */
export function formatPlace(place: Place): string {
  if (place.kind === "text") return `${place.file}:${place.line}:${place.column}`;
  const where = place.section === undefined ? hex(place.offset) : `${place.section}+${hex(place.offset)}`;
  return place.file === undefined ? where : `${place.file}(${where})`;
}

/**
 * What takes no column of a terminal, and what takes two. Source: Unicode 16, EastAsianWidth and general categories, by and large.
 * Functions: who has nothing to say need not wait for them.
 */
const flat = (): RegExp => /[\p{Mn}\p{Me}\p{Cf}]/gu;
const wide = (): RegExp =>
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1faff}\u{20000}-\u{3fffd}]/gu;

/** The columns that `text` takes in a terminal. */
function columnsOf(text: string): number {
  // oxlint-disable-next-line no-control-regex
  if (/^[\x00-\x7f]*$/.test(text)) return text.length;
  const shown = text.replace(flat(), "");
  return [...shown].length + (shown.match(wide())?.length ?? 0);
}

function excerpt(place: TextPlace, colour: boolean): string[] {
  let source = printable(place.source);
  let column = place.column - 1;
  if (source.length > maxSource) {
    const from = Math.max(0, Math.min(column - maxSource / 2, source.length - maxSource));
    source = source.slice(from, from + maxSource);
    column -= from;
  }
  const width = Math.max(1, columnsOf(source.slice(column, column + place.length)));
  const margin = String(place.line).padStart(5);
  // Tabs are kept in the caret line, so that the caret stands right whatever the tab width.
  const before = source.slice(0, column);
  const pad = before.replace(/[^\t]/gu, (char) => " ".repeat(columnsOf(char))) + " ".repeat(column - before.length);
  const caret = `^${"~".repeat(width - 1)}`;
  return [`${margin} | ${source}`, `      | ${pad}${colour ? green + caret + reset : caret}`];
}

/** A diagnostic as lines of text, without a newline at the end. */
export function formatDiagnostic(diagnostic: Diagnostic, options: FormatOptions = {}): string {
  const colour = options.colour ?? false;
  const paint = (text: string, escape: string): string => (colour ? escape + text + reset : text);
  const lines: string[] = [];
  const head = (severity: keyof typeof escapes, message: string, place: Place | undefined): void => {
    const where = place === undefined ? "bpfkit: " : `${printable(formatPlace(place))}: `;
    lines.push(`${paint(where, bold)}${paint(`${severity}:`, escapes[severity])} ${printable(message)}`);
    // Of a line that is not in what was read the number must do.
    if (place?.kind === "text" && place.source !== "") lines.push(...excerpt(place, colour));
  };
  head(diagnostic.severity, `${diagnostic.message} [${diagnostic.code}]`, diagnostic.place);
  if (diagnostic.help !== undefined) lines.push(`      = help: ${printable(diagnostic.help)}`);
  for (const note of diagnostic.notes) head("note", note.message, note.place);
  return lines.join("\n");
}
