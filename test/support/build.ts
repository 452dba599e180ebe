/** Builds dist/ once before the tests when it is older than the sources: end-to-end tests run the real command. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

function newest(folder: string): number {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) latest = Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs);
  }
  return latest;
}

export function setup(): void {
  const built = join(root, "dist/cli/start.cjs");
  const stale = !existsSync(built) || statSync(built).mtimeMs < newest(join(root, "src"));
  if (stale) execFileSync(process.execPath, [join(root, "scripts/build.mjs")], { stdio: "inherit" });
}
