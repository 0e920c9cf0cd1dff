import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { compileCache, programArguments } from "@agentgate/testing/programs";
import type { Location } from "../../storage/testing/index.ts";
import type { FailPoint } from "../index.ts";

/** What one life of the child process said before it died. */
export interface Life {
  /** Keys of posts that were asked for. */
  tried: string[];
  /** Ids by what was acknowledged: post, reserve, settle, release. */
  acknowledged: { step: string; id: string }[];
}

export type Death = { afterMs: number } | { failPoint: FailPoint; passage: number };

/** Starts a child that works on the ledger, has it killed with SIGKILL, and says what it had been told until then. */
export async function liveAndDie({ dataDirectory, databaseUrl }: Location, name: string, death: Death): Promise<Life> {
  const env = {
    PATH: process.env.PATH,
    NODE_COMPILE_CACHE: compileCache(),
    ...("failPoint" in death && { AGENTGATE_FAILPOINT: `${death.failPoint}:${death.passage}` }),
  };
  const program = programArguments(new URL("./crash-child.ts", import.meta.url));
  const args = [...program, dataDirectory, name, ...(databaseUrl ? [databaseUrl] : [])];
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let complaint = "";
  child.stderr.on("data", (chunk) => {
    complaint += chunk;
  });
  const life: Life = { tried: [], acknowledged: [] };
  const overdue = setTimeout(() => child.kill("SIGKILL"), 90_000);
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, id] = line.split(" ");
    if (word === "ready" && "afterMs" in death) setTimeout(() => child.kill("SIGKILL"), death.afterMs);
    else if (word === "try") life.tried.push(id!);
    else if (word !== "ready") life.acknowledged.push({ step: word!, id: id! });
  }
  clearTimeout(overdue);
  if (child.signalCode !== "SIGKILL" && child.exitCode !== null)
    throw new Error(`the child ended by itself: ${complaint}`);
  return life;
}
