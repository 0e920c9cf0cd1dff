import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Builds the gateway as it is published, from the sources as they are now. */
export function buildGateway(): void {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  execFileSync(process.execPath, ["tools/build.ts", "protocol", "client", "gateway"], { cwd: root, stdio: "ignore" });
}
