import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "@agentgate/testing";
import { expect } from "vitest";

/** What workerd is told: one worker of three modules, which may call this machine. */
const settings = (port: number) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [
    (name = "worker.mjs", esModule = embed "worker.mjs"),
    (name = "program.mjs", esModule = embed "program.mjs"),
    (name = "client.mjs", esModule = embed "client.mjs"),
  ],
  compatibilityDate = "2026-09-01",
);
`;

/** Runs `worker.mjs` of a folder in Cloudflare's runtime, as what answers a request. @returns its answer */
export async function inWorkerd(binary: string, folder: string, given: readonly string[]): Promise<string> {
  const port = await freePort();
  writeFileSync(join(folder, "worker.capnp"), settings(port));
  const child = spawn(binary, ["serve", "worker.capnp"], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
  try {
    const url = `http://127.0.0.1:${port}/?${new URLSearchParams(given.map((value): [string, string] => ["given", value]))}`;
    let response: Response | undefined;
    await expect
      .poll(
        async () => {
          response = await fetch(url).catch(() => undefined);
          return response !== undefined || child.exitCode !== null;
        },
        { timeout: 60_000 },
      )
      .toBe(true);
    if (response === undefined) throw new Error(`workerd ended:\n${said}`);
    return await response.text();
  } finally {
    child.kill("SIGKILL");
  }
}
