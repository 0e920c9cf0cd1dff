import { createDatabase } from "../../storage/testing/index.ts";
import { ADMIN_KEY, type ServedNode, serveNode } from "../../testing/index.ts";

type Engine = Parameters<typeof createDatabase>[0];

/** Two gateways, each in a process of its own, on one database. */
export interface TwoProcesses {
  nodes: readonly [ServedNode, ServedNode];
  call(node: ServedNode, method: string, path: string, body?: unknown, key?: string): Promise<Reply>;
  stop(): Promise<void>;
}

export interface Reply {
  status: number;
  body: any;
}

export async function twoProcesses(engine: Engine): Promise<TwoProcesses> {
  const database = await createDatabase(engine);
  const { dataDirectory, databaseUrl } = database.location;
  const serve = () =>
    serveNode({
      AGENTGATE_API_KEY: ADMIN_KEY,
      AGENTGATE_ALLOW_PRIVATE_NETWORKS: "1",
      AGENTGATE_RATE_LIMIT: "1000000",
      AGENTGATE_RATE_BURST: "1000000",
      AGENTGATE_DATA_DIR: dataDirectory,
      ...(databaseUrl && { DATABASE_URL: databaseUrl }),
    });
  const nodes = [await serve(), await serve()] as const;
  return {
    nodes,
    async call(node, method, path, body, key = ADMIN_KEY) {
      const response = await fetch(node.url + path, {
        method,
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
    },
    async stop() {
      for (const { child } of nodes) child.kill("SIGKILL");
      await Promise.all(nodes.map(({ exited }) => exited));
      await database.remove();
    },
  };
}
