/** Who reads a stream of a gateway. */
export interface Reader {
  text: string;
  states(): string[];
  done: Promise<void>;
  leave(): void;
}

/** Opens a stream over JSON-RPC and reads it until it ends or its reader leaves. */
export async function openReader(
  url: string,
  key: string | null = null,
  method = "SendStreamingMessage",
  params?: object,
): Promise<Reader> {
  const controller = new AbortController();
  const response = await fetch(url, {
    method: "POST",
    signal: controller.signal,
    headers: {
      "content-type": "application/json",
      "a2a-version": "1.0",
      ...(key !== null && { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method,
      params: params ?? { message: { messageId: "m", role: "ROLE_USER", parts: [{ text: "go" }] } },
    }),
  });
  const reader: Reader = {
    text: "",
    states: () => [...reader.text.matchAll(/TASK_STATE_(\w+)/g)].map(([, state]) => state!),
    done: Promise.resolve(),
    leave: () => controller.abort(),
  };
  reader.done = (async () => {
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) reader.text += chunk;
  })().catch(() => {});
  return reader;
}
