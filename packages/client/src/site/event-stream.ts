import type { StreamEvent } from "./call-types.ts";
import { type CallSubject, siteError } from "./error-reply.ts";
import { parseJson } from "./parse-json.ts";
import { limitSize, readChunks } from "./read-text.ts";

export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
}

/**
 * The events of a `text/event-stream` body (WHATWG HTML, "Server-sent events"); ids, retry times and comments are dropped.
 * Leaving the loop early cancels the request.
 *
 * @param charactersMax - limit of a single event
 */
export async function* readEventStream(
  response: Response,
  charactersMax: number,
  signal?: AbortSignal,
): AsyncGenerator<ServerSentEvent, void> {
  let rest = "";
  let event = "";
  let data = "";
  for await (const chunk of readChunks(response, signal)) {
    // A final CR may be the first half of a CRLF.
    const lines = (rest + chunk).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop()!;
    for (const line of lines) {
      const [, field, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)!;
      if (field === "event") event = value;
      if (field === "data") data += `${value}\n`;
      if (!line) {
        if (data) yield { event, data };
        event = data = "";
      }
    }
    limitSize(data.length + rest.length, charactersMax);
  }
}

/**
 * A streamed reply up to its `result`.
 *
 * @throws the error that an `error` event stands for; `invalid_response` when the stream ends early
 */
export async function* readStream(
  response: Response,
  charactersMax: number,
  signal: AbortSignal | undefined,
  call: CallSubject & { readonly unwrap?: (reply: unknown) => unknown },
): AsyncGenerator<StreamEvent, void> {
  for await (const { event, data } of readEventStream(response, charactersMax, signal)) {
    const value = parseJson(data);
    if (event === "error") throw siteError(Object(value), call);
    if (event === "result") {
      yield { event, data: call.unwrap ? call.unwrap(value) : value };
      return;
    }
    if (event === "progress" || event === "chunk") yield { event, data: value };
  }
  throw siteError({ error: "invalid_response", message: `${call.path} ended its stream without a result` }, call);
}
