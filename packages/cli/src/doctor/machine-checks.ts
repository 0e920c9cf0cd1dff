import { existsSync } from "node:fs";
import { AGENT_FILE, readAgentFile } from "../agent-file/read-agent-file.ts";
import type { GlobalOptions } from "../global-options.ts";
import { sourceOf } from "../profiles/connection.ts";
import { version } from "../version.ts";
import { type Check, failed, ok, warning } from "./check.ts";

/** What can be told of this machine without a gateway. */
export async function* machineChecks(options: GlobalOptions): AsyncGenerator<Check, void> {
  yield ok("command", `agentgate ${version} on Node.js ${process.versions.node}`);
  yield loginCheck(options);
  if (existsSync(AGENT_FILE)) yield await agentFileCheck();
}

function loginCheck({ profiles, connection, server }: GlobalOptions): Check {
  if (profiles.isOpenToOthers()) {
    return warning("login", `Others on this machine may read ${profiles.path}`, `chmod 600 ${profiles.path}`);
  }
  const said = sourceOf(connection.serverFrom, "--server", "AGENTGATE_SERVER", connection);
  return ok("login", `${server}, ${connection.serverFrom === "default" ? said : `from ${said}`}`);
}

async function agentFileCheck(): Promise<Check> {
  const { parseAgentFile } = await import("../agent-file/parse-agent-file.ts");
  const { path, text } = await readAgentFile(AGENT_FILE);
  try {
    const { command } = parseAgentFile(path, text, { isHosted: true });
    return ok("file", `${path} is fine${command === undefined ? "" : "; the gateway may run it (--host)"}`);
  } catch (error) {
    const [first = ""] = (error as Error).message.split("\n");
    return failed("file", first, `Correct ${path}; agentgate deploy . --dry-run names all that is wrong`);
  }
}
