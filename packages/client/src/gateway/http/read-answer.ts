/** Each piece that an answer comes in takes memory of its own: one in the smallest of pieces is larger than it looks. */
const PIECES_MAX = 200_000;

/** The body as text. @throws RangeError when it is larger than that */
export async function readAnswer({ body }: Response, charactersMax: number): Promise<string> {
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let pieces = 0; ; pieces++) {
    const { done = true, value } = (await reader?.read()) ?? {};
    text += done ? decoder.decode() : decoder.decode(value, { stream: true });
    if (done) return text;
    if (text.length <= charactersMax && pieces < PIECES_MAX) continue;
    reader?.cancel().catch(() => {});
    throw new RangeError(`the answer has more than ${charactersMax} characters, or comes in too many pieces`);
  }
}
