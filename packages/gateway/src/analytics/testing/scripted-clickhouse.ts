import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { columns } from "../columns.ts";

/** What becomes of one insert. */
export type Behaviour =
  | "ok"
  /** 500 before anything is written. */
  | "refuses"
  /** All is written, and the answer says 500. */
  | "writes and fails"
  /** All is written, and half an answer comes. */
  | "writes and breaks off"
  /** Half is written, and the connection breaks. */
  | "writes half"
  /** No answer at all. */
  | "hangs"
  /** All is written, and no answer comes. */
  | "writes and hangs"
  | "is slow"
  /** Something else answers. */
  | "is no ClickHouse";

/** Runs a statement, with what comes behind it. */
export type Execute = (statement: string, body: string) => string;

export interface ScriptedClickHouse {
  url: string;
  host: string;
  /** What becomes of the next inserts; then all is well. */
  script: Behaviour[];
  /** Everything is refused while it is away. */
  isAway: boolean;
  /** Rows as they came, by the order in which they were written. */
  rows: Record<string, unknown>[];
  statements: string[];
  /** What was asked with which credentials. */
  credentials: Set<string>;
  inserts: number;
  close(): Promise<void>;
}

/** The HTTP interface of ClickHouse, which does as it is told; rows are kept in memory, or wherever `execute` keeps them. */
export async function startScriptedClickHouse(execute?: Execute): Promise<ScriptedClickHouse> {
  let tableColumns: string[] = [];
  const end: ScriptedClickHouse = {
    url: "",
    host: "",
    script: [],
    isAway: false,
    rows: [],
    statements: [],
    credentials: new Set(),
    inserts: 0,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const inMemory: Execute = (statement, body) => {
    if (statement.includes("system.columns")) return tableColumns.map((name) => JSON.stringify({ name })).join("\n");
    if (statement.startsWith("CREATE TABLE")) tableColumns = columns.map(({ name }) => name);
    if (statement.startsWith("ALTER TABLE")) {
      tableColumns.push(...[...statement.matchAll(/ADD COLUMN IF NOT EXISTS `(\w+)`/g)].map(([, name]) => name!));
    }
    if (statement.startsWith("INSERT")) {
      end.rows.push(
        ...body
          .split("\n")
          .filter(Boolean)
          .map((line) => JSON.parse(line)),
      );
    }
    return "";
  };
  const run = execute ?? inMemory;

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url!, "http://clickhouse");
    const raw = await buffer(request);
    const sent = (request.headers["content-encoding"] === "gzip" ? gunzipSync(raw) : raw).toString();
    const [query, body] = url.searchParams.has("query") ? [url.searchParams.get("query")!, sent] : [sent, ""];
    const statement = query.replaceAll(/\{(\w+):String\}/g, (_, name) => `'${url.searchParams.get(`param_${name}`)}'`);
    end.credentials.add(Buffer.from((request.headers.authorization ?? "").slice(6), "base64").toString());
    end.statements.push(statement);
    const fails = (text: string) => {
      response.writeHead(500, { "x-clickhouse-exception-code": "252", "x-clickhouse-query-id": "q" });
      response.end(`Code: 252. DB::Exception: ${text}. (TOO_MANY_PARTS) (version 26.7.2.1)`);
    };
    if (end.isAway) return fails("The server is away");
    const isInsert = statement.startsWith("INSERT");
    if (isInsert) end.inserts++;
    const behaviour = isInsert ? (end.script.shift() ?? "ok") : "ok";
    if (behaviour === "refuses") return fails("Too many parts");
    if (behaviour === "hangs") return;
    if (behaviour === "is no ClickHouse") return response.writeHead(200).end("<html>Sign in</html>");
    if (behaviour === "is slow") await new Promise((resolve) => setTimeout(resolve, 50));
    const lines = body.split("\n").filter(Boolean);
    const written = behaviour === "writes half" ? lines.slice(0, Math.ceil(lines.length / 2)).join("\n") : body;
    const found = run(statement, written);
    const result = Buffer.from(found === "" || found.endsWith("\n") ? found : `${found}\n`);
    if (behaviour === "writes half") return request.socket.destroy();
    if (behaviour === "writes and hangs") return;
    if (behaviour === "writes and fails") return fails("Timeout exceeded");
    response.writeHead(200, {
      "x-clickhouse-query-id": "q",
      "x-clickhouse-summary": "{}",
      "content-length": result.length + (behaviour === "writes and breaks off" ? 10 : 0),
    });
    if (behaviour !== "writes and breaks off") return response.end(result);
    response.flushHeaders();
    return setTimeout(() => request.socket.destroy(), 5);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => response.writeHead(500).end(`Code: 1. DB::Exception: ${error.message}`));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  end.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  end.url = `http://${end.host}`;
  return end;
}
