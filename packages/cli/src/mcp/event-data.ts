/** Characters of one event: more than any answer of a gateway has. */
const EVENT_CHARACTERS_MAX = 64 * 1024 * 1024;

/**
 * The data of each server-sent event of an answer (WHATWG HTML, section 9.2), as it comes.
 * @throws Error for an event beyond all measure
 */
export async function* eventData(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  let data: string[] = [];
  let length = 0;
  for await (const bytes of body) {
    rest += decoder.decode(bytes, { stream: true });
    if (rest.length + length > EVENT_CHARACTERS_MAX) throw new Error("the gateway sent an event that is too large");
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop()!;
    for (const line of lines) {
      if (line.startsWith("data:")) {
        data.push(line.slice(line[5] === " " ? 6 : 5));
        length += line.length;
      } else if (line === "" && data.length > 0) {
        yield data.join("\n");
        data = [];
        length = 0;
      }
    }
  }
}
