import { BodyBytes } from "./body-bytes.ts";

/** The text of a stranger's answer. @throws Error when it has more bytes; the rest is not read then */
export async function readBounded(response: Response, bytesMax: number): Promise<string> {
  const body = new BodyBytes();
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    if (body.length + chunk.byteLength > bytesMax) throw new Error(`the answer has more than ${bytesMax} bytes`);
    body.add(chunk);
  }
  return body.text();
}
