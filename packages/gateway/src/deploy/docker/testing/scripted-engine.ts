import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export interface ScriptedContainer {
  id: string;
  name: string;
  /** What it was created with. */
  body: any;
  archive: Buffer | undefined;
  isRunning: boolean;
  /** Ends it as if its program had. */
  end(code: number, isOutOfMemory?: boolean): void;
}

/** A container engine by script: it keeps the books of one, and in place of a container it answers on a port by itself. */
export class ScriptedEngine {
  readonly containers = new Map<string, ScriptedContainer>();
  readonly images = new Set<string>();
  readonly networks = new Set<string>();
  readonly volumes = new Set<string>();
  readonly requests: string[] = [];
  /** What the next call of such a path fails with. */
  readonly fails = new Map<string, { status: number; message: string }>();
  readonly #server: Server;
  #made = 0;

  constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request.method!, request.url!, request, response).catch((error) =>
        response.writeHead(500).end(String(error)),
      );
    });
  }

  listen(path: string): Promise<void> {
    return new Promise((settle) => this.#server.listen(path, settle));
  }

  close(): void {
    for (const container of this.containers.values()) container.end(0);
    this.#server.closeAllConnections();
    this.#server.close();
  }

  get running(): ScriptedContainer[] {
    return [...this.containers.values()].filter(({ isRunning, name }) => isRunning && !name.includes("build"));
  }

  async #answer(method: string, url: string, request: AsyncIterable<Buffer>, response: ServerResponse): Promise<void> {
    const { pathname, searchParams: query } = new URL(url, "http://engine");
    const path = pathname.replace("/v1.41", "");
    const line = `${method} ${path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "AGENT").replace(/c\d+/, "ID")}`;
    this.requests.push(line);
    const bytes = await buffer(request);
    const json = (value: unknown, status = 200) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    const missing = () => json({ message: "no such thing" }, 404);
    const done = () => response.writeHead(204).end();
    for (const [part, { status, message }] of this.fails) {
      if (!line.includes(part)) continue;
      this.fails.delete(part);
      return void json({ message }, status);
    }
    const [, kind, id = "", action] =
      /^\/(\w+)(?:\/(.*?))?(?:\/(json|start|stop|kill|wait|logs|archive))?$/.exec(path) ?? [];
    const container = this.containers.get(id);
    if (path === "/version") return void json({ ApiVersion: "1.41" });
    if (path === "/containers/json") return void json([...this.containers.values()].map((one) => ({ Id: one.id })));
    if (path === "/images/json") {
      const { reference } = JSON.parse(query.get("filters")!);
      return void json([...this.images].filter((tag) => tag.startsWith(reference[0])).map((Id) => ({ Id })));
    }
    if (path === "/images/create") {
      this.images.add(`${query.get("fromImage")}:${query.get("tag")}`);
      return void json({ status: "pulled" });
    }
    if (path === "/containers/create")
      return void json({ Id: this.#create(query.get("name")!, JSON.parse(`${bytes}`)) }, 201);
    if (path === "/networks/create") {
      this.networks.add(JSON.parse(`${bytes}`).Name);
      return void json({ Id: "n" }, 201);
    }
    if (path === "/commit") {
      this.images.add(`${query.get("repo")}:${query.get("tag")}`);
      return void json({ Id: "sha256:1" }, 201);
    }
    if (kind === "images") {
      if (method === "DELETE") return void (this.images.delete(id) ? json([]) : missing());
      return void (this.images.has(id) ? json({ Id: id }) : missing());
    }
    if (kind === "networks" || kind === "volumes") {
      const all = kind === "networks" ? this.networks : this.volumes;
      if (method === "DELETE") return void (all.delete(id) ? done() : missing());
      return void (all.has(id) ? json({}) : missing());
    }
    if (!container) return void missing();
    if (method === "DELETE") {
      container.end(137);
      this.containers.delete(id);
      return void done();
    }
    if (action === "archive") {
      container.archive = bytes;
      return void response.writeHead(200).end();
    }
    await this.#control(container, action!, response, json);
  }

  async #control(
    container: ScriptedContainer,
    action: string,
    response: ServerResponse,
    json: (value: unknown, status?: number) => unknown,
  ): Promise<void> {
    const running = this.#programs.get(container.id)!;
    switch (action) {
      case "start":
        await running.start();
        return void response.writeHead(204).end();
      case "stop":
      case "kill":
        container.end(action === "stop" ? 143 : 137);
        return void response.writeHead(204).end();
      case "wait":
        return void json({ StatusCode: await running.ended });
      case "logs": {
        response.writeHead(200, { "content-type": "application/vnd.docker.multiplexed-stream" });
        const text = Buffer.from(`says ${container.name.includes("build") ? "npm" : "hello"}\n`);
        const head = Buffer.from([1, 0, 0, 0, 0, 0, 0, text.length]);
        // In pieces that no frame knows of.
        response.write(head.subarray(0, 3));
        response.write(Buffer.concat([head.subarray(3), text.subarray(0, 2)]));
        response.write(text.subarray(2));
        await running.ended;
        return void response.end();
      }
      default:
        return void json({
          State: { Running: container.isRunning, OOMKilled: running.isOutOfMemory(), ExitCode: 1 },
          NetworkSettings: { Ports: { "8080/tcp": [{ HostPort: `${running.port()}` }] } },
        });
    }
  }

  readonly #programs = new Map<
    string,
    { start(): Promise<void>; ended: Promise<number>; isOutOfMemory(): boolean; port(): number }
  >();

  #create(name: string, body: any): string {
    const id = `c${++this.#made}`;
    const { promise: ended, resolve } = Promise.withResolvers<number>();
    let isOutOfMemory = false;
    const version = `${body.Image.split(":").at(-1)}`;
    const server = createServer((request, response) => {
      if (request.url === "/health") return response.end();
      if (request.url !== "/a2a") return response.writeHead(404).end();
      request.resume();
      response.setHeader("content-type", "application/json");
      const text = `${version} ${body.Env.find((one: string) => one.startsWith("MODEL_KEY=")) ?? ""}`.trim();
      return response.end(
        JSON.stringify({ id: "t", status: { state: "completed" }, artifacts: [{ parts: [{ type: "text", text }] }] }),
      );
    });
    const container: ScriptedContainer = {
      ...{ id, name, body, archive: undefined, isRunning: false },
      end(code, outOfMemory = false) {
        isOutOfMemory = outOfMemory;
        container.isRunning = false;
        server.closeAllConnections();
        server.close();
        resolve(code);
      },
    };
    this.containers.set(id, container);
    for (const { Source } of body.HostConfig.Mounts ?? []) this.volumes.add(Source);
    this.#programs.set(id, {
      ended,
      isOutOfMemory: () => isOutOfMemory,
      port: () => (server.address() as AddressInfo | null)?.port ?? 0,
      start: async () => {
        container.isRunning = true;
        if (name.includes("build")) return container.end(0);
        await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
      },
    });
    return id;
  }
}
