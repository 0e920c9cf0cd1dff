import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { CliError } from "../cli-error.ts";

export const AGENT_FILE = "agentgate.yaml";
const BYTES_MAX = 1024 * 1024;

/** The `agentgate.yaml` that a path names: the file itself, or the one in that directory. */
export async function readAgentFile(given: string): Promise<{ path: string; text: string }> {
  const path = await locate(given);
  const found = await stat(path);
  if (found.isDirectory()) {
    throw new CliError("agent_file_missing", `${path} is a directory, and should be a file`, { exitCode: 2 });
  }
  const { size } = found;
  if (size > BYTES_MAX) throw new CliError("agent_file_too_large", `${path} is larger than 1 MiB`);
  return { path, text: await readFile(path, "utf8") };
}

async function locate(given: string): Promise<string> {
  const found = await stat(given).catch(() => undefined);
  if (!found) throw new CliError("agent_file_missing", `There is no file or directory ${given}`, { exitCode: 2 });
  if (!found.isDirectory()) return given;
  for (const name of [AGENT_FILE, "agentgate.yml"]) {
    const path = join(given, name);
    if (await stat(path).catch(() => undefined)) return path;
  }
  throw new CliError("agent_file_missing", `There is no ${AGENT_FILE} in ${given}`, {
    hint: `Create one with at least:\n    name: my-agent\n    url: https://example.com/my-agent\n  or, for an A2A agent, with:\n    card: https://example.com/my-agent/.well-known/agent-card.json`,
    exitCode: 2,
  });
}
