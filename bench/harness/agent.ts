import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findProgram, freePort, temporaryDirectory } from "@agentgate/testing";
import { type ChildServer, startServer, stopChild } from "./child-server.ts";

/** The JSON that the mock agent answers to everything: 1 KiB. */
export const agentAnswer = jsonOfSize(1024, (text) => ({
  id: "task-1",
  status: { state: "completed" },
  artifacts: [{ parts: [{ type: "text", text }] }],
}));

/** The JSON of a task: 1 KiB. */
export const agentTask = jsonOfSize(1024, (text) => ({ id: "task-1", message: { parts: [{ type: "text", text }] } }));

export interface MockAgent extends ChildServer {
  kind: "nginx" | "node:net";
}

/** Stands in an answer for an id that no other answer has; the name is nginx's. */
export const FRESH_ID = "$request_id";
/** Stands in an answer for the moment of it, in milliseconds (ISO 8601): tasks are kept in the order of their last change. */
export const NOW = "$now";

/** What a mock agent answers to everything below each path, the longest that fits. */
export type Answers = Record<string, string>;

/** An agent that costs next to nothing: nginx answering constants, or a bare socket server where there is no nginx. */
export async function startAgent(
  core: number | undefined,
  answers: Answers = { "/": agentAnswer },
): Promise<MockAgent> {
  const nginx = findProgram("nginx", "/usr/sbin");
  if (nginx) return startNginx(nginx, answers);
  const env = { ANSWERS: JSON.stringify(answers), FRESH_ID, NOW };
  return { kind: "node:net", ...(await startServer("tiny-agent.ts", { core, env })) };
}

async function startNginx(program: string, answers: Answers): Promise<MockAgent> {
  const port = await freePort();
  const directory = temporaryDirectory("bench-nginx");
  const file = join(directory.path, "nginx.conf");
  writeFileSync(file, nginxConfig(port, directory.path, answers));
  const child = spawn(program, ["-p", directory.path, "-c", file, "-e", "stderr"], {
    env: { TZ: "UTC" },
    stdio: ["ignore", "ignore", "inherit"],
  });
  for (let tries = 0; !(await accepts(port)); tries++) {
    if (tries > 100) throw new Error("nginx does not listen");
    await sleep(20);
  }
  return {
    kind: "nginx",
    pid: child.pid!,
    port,
    async stop() {
      await stopChild(child);
      directory.remove();
    },
  };
}

const nginxConfig = (port: number, directory: string, answers: Answers) => String.raw`
daemon off;
master_process off;
pid ${directory}/nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${directory};
  proxy_temp_path ${directory};
  fastcgi_temp_path ${directory};
  uwsgi_temp_path ${directory};
  scgi_temp_path ${directory};
  keepalive_requests 1000000000;
  keepalive_timeout 3600s;
  default_type application/json;
  map "$time_iso8601 $msec" $now { "~^([^+]+)\S* \d+\.(\d+)$" "$1.$2Z"; }
  server {
    listen 127.0.0.1:${port};
${Object.entries(answers)
  .map(([path, answer]) => `    location ${path} { return 200 '${answer}'; }`)
  .join("\n")}
  }
}
`;

const accepts = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });

export function jsonOfSize(bytes: number, build: (text: string) => object): string {
  const filling = bytes - JSON.stringify(build("")).length;
  return JSON.stringify(build("lorem ipsum ".repeat(bytes).slice(0, filling)));
}
