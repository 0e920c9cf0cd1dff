import { type RawEntry, tarGz } from "./tar.ts";

/** An agent that does as it is told in the text of a task, and otherwise says its version and what it was told. */
const PROGRAM = `
import { createServer } from "node:http";
import { execSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";

const orders = {
  crash: () => process.exit(7),
  stop: () => { broken = true; return "stopped answering"; },
  env: (name) => process.env[name] ?? "unset",
  names: () => Object.keys(process.env).sort().join(" "),
  user: () => process.getuid() + " " + process.getgroups().join(),
  read: (path) => { try { return readFileSync(path, "utf8").slice(0, 100); } catch (error) { return error.code; } },
  run: (line) => { try { return execSync(line, { encoding: "utf8" }); } catch (error) { return error.message; } },
  say: (words) => { console.log(words); return "said"; },
  pid: () => String(process.pid),
  hog: () => { const kept = []; setInterval(() => kept.push(Buffer.alloc(16 << 20, 1)), 5); return "hogging"; },
  bomb: () => { spawn("/bin/sh", ["-c", "b() { b | b & }; b; sleep 60"], { stdio: "ignore" }); return "bombing"; },
  orphan: () => { const child = spawn("/bin/sleep", ["600"], { detached: true, stdio: "ignore" }); child.unref(); return String(child.pid); },
  slow: (ms) => new Promise((resolve) => setTimeout(() => resolve("slow"), Number(ms))),
};
let broken = false;
console.log("agent VERSION starts");
createServer(async (request, response) => {
  if (broken) return;
  if (request.url === "/health") return response.writeHead(HEALTH).end();
  if (request.url !== "/a2a") return response.writeHead(404).end();
  let text = "";
  for await (const piece of request) text += piece;
  const [order, ...rest] = JSON.parse(text).message.parts[0].text.split(" ");
  const answer = order in orders ? await orders[order](rest.join(" ")) : "VERSION";
  response.setHeader("content-type", "application/json");
  const artifacts = [{ parts: [{ type: "text", text: answer }] }];
  response.end(JSON.stringify({ id: "t", status: { state: "completed" }, artifacts }));
}).listen(process.env.PORT, process.env.HOST);
`;

export interface AgentArchive {
  name?: string;
  version?: string;
  /** What it answers when it is asked whether it is well. */
  health?: number;
  /** More lines of its agentgate.yaml. */
  yaml?: string;
  /** In place of the program. */
  program?: string;
  more?: RawEntry[];
}

/** The archive of an agent that is to be hosted. */
export function agentArchive({
  name = "hosted",
  version = "1",
  health = 200,
  yaml = "",
  program,
  more = [],
}: AgentArchive = {}): Buffer {
  const text = program ?? PROGRAM.replaceAll("VERSION", version).replace("HEALTH", `${health}`);
  return tarGz(
    { name: "my-agent/agentgate.yaml", content: `name: ${name}\nversion: "${version}"\n${yaml}` },
    { name: "my-agent/agent.mjs", content: text },
    ...more,
  );
}
