import { ConnectionError } from "./errors.ts";

export const tooLarge = (charactersMax: number) =>
  new ConnectionError("response_too_large", `The reply has more than ${charactersMax} characters`);

/**
 * The body as text.
 *
 * @param charactersMax - where reading stops
 * @throws {@link ConnectionError} `response_too_large`, or `network_error` when the connection breaks
 */
export async function readText(response: Response, charactersMax: number): Promise<string> {
  let text = "";
  let chunks = 0;
  for await (const chunk of readChunks(response)) {
    text += chunk;
    // Each chunk takes memory of its own: a body in the smallest of chunks is larger than it looks.
    if (text.length > charactersMax || ++chunks > 200_000) throw tooLarge(charactersMax);
  }
  return text;
}

/** The text of a body as it comes. Leaving the loop early cancels the body. */
export async function* readChunks({ body }: Response, signal?: AbortSignal): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  // Web streams are not async iterable everywhere.
  const reader = body?.getReader();
  try {
    for (;;) {
      const { done = true, value } = (await reader?.read()) ?? {};
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } catch (cause) {
    signal?.throwIfAborted();
    throw new ConnectionError("network_error", `The connection broke: ${cause}`, { cause });
  } finally {
    // Fails where the body has failed already.
    reader?.cancel().catch(() => {});
  }
}
