/** Standard output for facts of any length. */
import { encodeUtf8 } from "../bytes/index.js";
import { writeStandard } from "../node/index.js";
import { exitCodes } from "./exit-codes.js";

/** Writes a piece of a long listing to standard output. Ends the command when nobody reads it any more, which is no error. */
export function put(piece: Uint8Array | string): void {
  if (!writeStandard(typeof piece === "string" ? encodeUtf8(piece) : piece)) process.exit(exitCodes.ok);
}
