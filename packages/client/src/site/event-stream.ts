import { serverSentEventParser } from "../gateway/http/server-sent-events.ts";
import type { StreamEvent } from "./call-types.ts";
import { type CallSubject, siteError } from "./error-reply.ts";
import { parseJson } from "./parse-json.ts";
import { readChunks, tooLarge } from "./read-text.ts";

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
  const parse = serverSentEventParser(charactersMax, () => tooLarge(charactersMax));
  for await (const chunk of readChunks(response, signal)) {
    for (const { event, data } of parse(chunk)) {
      const value = parseJson(data);
      if (event === "error") throw siteError(value, call);
      if (event === "result") {
        yield { event, data: call.unwrap ? call.unwrap(value) : value };
        return;
      }
      if (event === "chunk" || event === "progress") yield { event, data: value };
    }
  }
  throw siteError({ error: "invalid_response", message: `${call.path} ended without result` }, call);
}
