import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { frameFaults } from "./frame-faults.ts";

const MCP_PATH = /^(?:(?:\/v1)?\/agents\/[^/]+|\/ucp)?\/mcp\/?$/;
const MODERN = "2026-07-28";
const LEGACY = ["2025-11-25", "2025-06-18", "2025-03-26"];
const TEXT_MAX = 4_000_000;

/**
 * Holds every frame that a gateway in a test sends its MCP clients, whoever they are, against the official schemas. To be called before the
 * server listens.
 *
 * @returns what was wrong so far, a line each; empty when nothing was
 */
export function recordFrames(app: FastifyInstance): () => string[] {
  const faults: string[] = [];
  app.addHook("onRequest", async (request, reply) => {
    if (MCP_PATH.test(request.url.split("?", 1)[0]!)) record(request, reply, faults);
  });
  return () => faults;
}

/** What is written is looked at when all of it was: by whatever way it was written. */
function record(request: FastifyRequest, { raw }: FastifyReply, faults: string[]): void {
  const chunks: Buffer[] = [];
  const keep = (chunk: unknown) => {
    if (typeof chunk === "string" || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk as string));
  };
  const { write, end } = raw;
  raw.write = function (this: unknown, ...args: unknown[]) {
    keep(args[0]);
    return write.apply(raw, args as never);
  } as typeof write;
  raw.end = function (this: unknown, ...args: unknown[]) {
    keep(args[0]);
    return end.apply(raw, args as never);
  } as typeof end;
  raw.once("close", () => {
    const text = Buffer.concat(chunks).toString();
    if (text === "" || text.length > TEXT_MAX) return;
    const asked = askedIn(request);
    for (const frame of framesIn(text)) {
      const fault = frame === undefined ? "is no JSON" : frameFaults(asked.revision, asked.method, frame, false);
      if (fault !== "")
        faults.push(`${asked.revision} ${asked.method}: ${fault}: ${JSON.stringify(frame)?.slice(0, 1_000)}`);
    }
  });
}

/** Which revision was spoken, and what was asked for; the empty method for what could not be read. */
function askedIn({ headers, body }: FastifyRequest): { revision: string; method: string } {
  const version = headers["mcp-protocol-version"];
  let message: any;
  try {
    message = typeof body === "string" ? JSON.parse(body) : body;
  } catch {
    message = undefined;
  }
  const method = typeof message?.method === "string" ? message.method : "";
  if (message?.params?._meta?.["io.modelcontextprotocol/protocolVersion"] !== undefined || version === MODERN) {
    return { revision: MODERN, method };
  }
  const given = method === "initialize" ? message.params?.protocolVersion : version;
  return { revision: LEGACY.find((known) => known === given) ?? LEGACY[0]!, method };
}

/** One body, or the events of a stream; one that was broken off may end within an event. */
function framesIn(text: string): unknown[] {
  if (!/^(?:data|event|id|retry)?:/.test(text)) return [parsed(text)];
  return text.split("\n\n").flatMap((event, at, all) => {
    const data = event.split("\n").flatMap((line) => (line.startsWith("data:") ? [line.slice(5).trimStart()] : []));
    return data.length === 0 || at === all.length - 1 ? [] : [parsed(data.join("\n"))];
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
