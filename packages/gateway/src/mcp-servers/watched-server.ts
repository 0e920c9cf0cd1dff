import type { ServerPlace, UnderWay } from "./request.ts";
import type { ServerSpeech } from "./revisions.ts";
import type { ServerCalls } from "./server-call.ts";
import type { JsonObject } from "./server-message.ts";
import { openSession } from "./session.ts";

/** Who is told what a server says of its tools. */
export interface ServerWatcher {
  /** From now on changes are told. */
  onOpen(): void;
  /** The list of tools is another. */
  onChanged(): void;
}

const CHANGED = "notifications/tools/list_changed";
const ACKNOWLEDGED = "notifications/subscriptions/acknowledged";
/** A stream is opened anew after an hour. */
const WATCH_MS = 3_600_000;
const OPEN_MS = 15_000;
/** Of one message; a stream has four times as much. */
const MESSAGE_BYTES_MAX = 262_144;
/** What a server may ask back over one stream; further requests are left unanswered. */
const ASKED_BACK_MAX = 256;

/** Whether a server says that it tells when its tools change. */
export const tellsChanges = ({ tools }: Readonly<Record<string, unknown>>): boolean =>
  typeof tools === "object" && tools !== null && (tools as JsonObject).listChanged === true;

/**
 * Listens to what a server says of its tools: by `subscriptions/listen` or, before 2026-07-28, over the stream of a session. `response` resolves
 * when the server has ended it, and rejects like `McpServers.tools`.
 */
export const watchServer = (
  place: ServerPlace,
  speech: ServerSpeech,
  watcher: ServerWatcher,
  calls: ServerCalls,
): UnderWay<void> =>
  speech.era === "modern" ? subscribed(place, speech, watcher, calls) : attended(place, watcher, calls);

function subscribed(
  place: ServerPlace,
  speech: ServerSpeech,
  { onOpen, onChanged }: ServerWatcher,
  calls: ServerCalls,
): UnderWay<void> {
  const call = calls.ask({
    ...{ place, speech, method: "subscriptions/listen", params: { notifications: { toolsListChanged: true } } },
    ...{ timeoutMs: WATCH_MS, responseBytesMax: MESSAGE_BYTES_MAX, isListening: true },
    onNotice(method) {
      if (method === ACKNOWLEDGED) onOpen();
      else if (method === CHANGED) onChanged();
    },
  });
  return { response: call.response.then(() => undefined), abort: () => call.abort() };
}

function attended(place: ServerPlace, { onOpen, onChanged }: ServerWatcher, calls: ServerCalls): UnderWay<void> {
  let isOver = false;
  let abort = () => {};
  const listen = async () => {
    const { session, speech } = await openSession(calls, place, OPEN_MS);
    // One without sessions has nobody to tell.
    if (session === undefined) return;
    const to = { place, speech, session };
    let askedBack = 0;
    const stream = calls.listen(to, {
      onOpen,
      hear({ id, method }) {
        if (method === CHANGED) onChanged();
        if (typeof method !== "string" || (typeof id !== "string" && typeof id !== "number")) return;
        if (++askedBack > ASKED_BACK_MAX) return;
        const said =
          method === "ping" ? { result: {} } : { error: { code: -32601, message: "This client only listens" } };
        void calls.post(to, { jsonrpc: "2.0", id, ...said }).catch(() => {});
      },
    });
    abort = stream.abort;
    if (isOver) abort();
    try {
      await stream.ended;
    } finally {
      calls.end(place, speech, session).catch(() => {});
    }
  };
  return {
    response: listen(),
    abort() {
      isOver = true;
      abort();
    },
  };
}
