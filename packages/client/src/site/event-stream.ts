import { type ServerSentEvent, ServerSentEventParser } from "../gateway/server-sent-events.ts";
import type { StreamEvent } from "./call-types.ts";
import { type CallSubject, siteError } from "./error-reply.ts";
import { ConnectionError } from "./errors.ts";
import { parseJson } from "./parse-json.ts";
import { readChunks } from "./read-text.ts";

/**
 * A streamed reply up to its `result`. Leaving the loop early cancels the request.
 *
 * @throws the error that an `error` event stands for; `invalid_response` when the stream ends early
 */
export async function* readStream(
  response: Response,
  charactersMax: number,
  signal: AbortSignal | undefined,
  call: CallSubject & { readonly unwrap?: (reply: unknown) => unknown },
): AsyncGenerator<StreamEvent, void> {
  const parser = new ServerSentEventParser(charactersMax);
  for await (const chunk of readChunks(response, signal)) {
    for (const { event, data } of parse(parser, chunk)) {
      const value = parseJson(data);
      if (event === "error") throw siteError(Object(value), call);
      if (event === "result") {
        yield { event, data: call.unwrap ? call.unwrap(value) : value };
        return;
      }
      if (event === "progress" || event === "chunk") yield { event, data: value };
    }
  }
  throw siteError({ error: "invalid_response", message: `${call.path} ended its stream without a result` }, call);
}

function parse(parser: ServerSentEventParser, chunk: string): ServerSentEvent[] {
  try {
    return parser.push(chunk);
  } catch (cause) {
    throw new ConnectionError("response_too_large", `The stream cannot be read: ${cause}`, { cause });
  }
}
