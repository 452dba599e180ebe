/** Room `diag`: every message bpfkit gives, as data. */
export { catalogue, type DiagnosticCode, type DiagnosticFacts } from "./catalogue.js";
export { formatDiagnostic, formatPlace, type FormatOptions } from "./format.js";
export { BpfkitError, diagnostic, failure } from "./make.js";
export { nearest } from "./nearest.js";
export type { BinaryPlace, Diagnostic, Note, Place, Severity, TextPlace } from "./types.js";
