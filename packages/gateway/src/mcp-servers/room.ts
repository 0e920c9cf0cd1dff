import { schemaFault } from "../json-schema/index.ts";
import type { Dialer } from "../outbound/index.ts";
import type { AddGauge, Clock, Random } from "../runtime/index.ts";
import { PROBE_MS, probe, type ServerVerdict } from "./probe.ts";
import type { ServerAnswer, ServerPlace, ServerQuestion, ServerRequest, UnderWay } from "./request.ts";
import type { ServerSpeech } from "./revisions.ts";
import { ServerCalls } from "./server-call.ts";
import type { JsonObject } from "./server-message.ts";
import { openSession } from "./session.ts";
import { type SessionKey, Sessions } from "./sessions.ts";
import { LIST_PAGE_BYTES_MAX, readToolList, type ToolList } from "./tool-list.ts";
import { type ServerWatcher, watchServer } from "./watched-server.ts";

export interface McpServersOptions {
  dialer: Dialer;
  clock: Clock;
  random: Random;
  gauge: AddGauge;
  version: string;
}

/** A request, and whose it is: servers of the legacy era keep sessions. */
export interface KeyedRequest extends Omit<ServerRequest, "session"> {
  session: SessionKey;
}

/** MCP servers, as their client sees them. Knows no agents. */
export interface McpServers {
  /** How a server is spoken to. @throws ProbeError */
  probe(place: ServerPlace, timeoutMs?: number): Promise<ServerVerdict>;
  /** Its tools as they are now, in a session of its own. Rejects with ServerError, ServerStatusError, ServerFault, OutboundError. */
  tools(place: ServerPlace, speech: ServerSpeech, include: readonly string[] | undefined): Promise<ToolList>;
  /** One request; in the legacy era in the session of its caller. Rejects like {@link tools}. */
  ask(request: KeyedRequest): UnderWay<ServerAnswer>;
  /** Listens to what a server says of its tools, until it ends that, or for an hour. Rejects like {@link tools}. */
  watch(place: ServerPlace, speech: ServerSpeech, watcher: ServerWatcher): UnderWay<void>;
  /** Answers what a server asked in the middle of a call, on whichever node that is. Rejects with ServerStatusError or OutboundError. */
  answer(
    place: ServerPlace,
    question: Pick<ServerQuestion, "id" | "speech" | "session">,
    result: JsonObject,
  ): Promise<void>;
  /** Ends the sessions of an agent that is gone, or somewhere else. */
  forget(agentId: string): void;
  close(): Promise<void>;
}

const LIST_MS = 15_000;

/** What speaks MCP to servers. */
export function openMcpServers({ dialer, clock, random, gauge, version }: McpServersOptions): McpServers {
  const calls = new ServerCalls({ dialer, clock, random, client: { name: "agentgate", version } });
  const sessions = new Sessions({ calls, clock });
  gauge("agentgate_mcp_sessions", "Sessions with MCP servers of revisions before 2026-07-28", () => sessions.size);
  return {
    probe: (place, timeoutMs = PROBE_MS) => probe(place, { calls, dialer, timeoutMs }),
    async tools(place, speech, include) {
      const endsAt = clock.monotonic() + LIST_MS;
      const opened =
        speech.era === "legacy" ? await openSession(calls, place, LIST_MS) : { session: undefined, speech };
      const page = (cursor: string | undefined) =>
        calls.ask({
          place,
          speech: opened.speech,
          session: opened.session,
          method: "tools/list",
          params: cursor === undefined ? {} : { cursor },
          timeoutMs: Math.max(1, endsAt - clock.monotonic()),
          responseBytesMax: LIST_PAGE_BYTES_MAX,
        });
      try {
        return await readToolList({ page, include, schemaFault });
      } finally {
        if (opened.session !== undefined) calls.end(place, opened.speech, opened.session).catch(() => {});
      }
    },
    ask({ session, ...request }) {
      if (request.speech.era === "modern") return calls.ask(request);
      const endsAt = clock.monotonic() + request.timeoutMs;
      return sessions.use(
        session,
        request.place,
        (opened) =>
          calls.ask({
            ...request,
            speech: opened.speech,
            session: opened.session,
            timeoutMs: Math.max(1, endsAt - clock.monotonic()),
          }),
        request.timeoutMs,
        request.onAsked && { onAsked: request.onAsked, onNotice: request.onNotice },
      );
    },
    watch: (place, speech, watcher) => watchServer(place, speech, watcher, calls),
    answer: (place, { id, speech, session }, result) =>
      calls.post({ place, speech, session }, { jsonrpc: "2.0", id, result }),
    forget: (agentId) => sessions.endAll(agentId),
    close: () => sessions.close(),
  };
}
