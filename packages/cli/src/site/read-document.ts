import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { CliError } from "../cli-error.ts";

const bytesMax = 20 * 1024 * 1024;
const timeoutMs = 30_000;
/** Each takes memory of its own: a document in the smallest of chunks is larger than it looks. */
const chunksMax = 200_000;

/** A file or an `https:` (or `http:`) address as an absolute URL. */
export const documentUrl = (place: string): URL =>
  /^https?:\/\//i.test(place) ? new URL(place) : pathToFileURL(resolve(place));

/** The text at a `file:` or `http(s):` URL. @throws {@link CliError} that names the place */
export async function readDocument(
  url: URL,
  { redirect = "follow" }: Pick<RequestInit, "redirect"> = {},
): Promise<string> {
  const place = url.protocol === "file:" ? url.pathname : url.href;
  const failed = (reason: string, exitCode: 1 | 2 = 1) =>
    new CliError("unreadable", `${place} cannot be read: ${reason}`, { exitCode });
  if (url.protocol === "file:") {
    try {
      const { size } = await stat(url);
      if (size > bytesMax) throw failed(`it has more than ${bytesMax} bytes`);
      return await readFile(url, "utf8");
    } catch (error) {
      if (error instanceof CliError) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      throw code === "ENOENT" ? failed("there is no such file", 2) : failed(message);
    }
  }
  try {
    const response = await fetch(url, { redirect, signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    let text = "";
    let chunks = 0;
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (++chunks > chunksMax) throw new Error("it comes in too many pieces");
      if (text.length > bytesMax) throw new Error(`it has more than ${bytesMax} bytes`);
    }
    return text + decoder.decode();
  } catch (error) {
    throw failed(error instanceof Error ? error.message : String(error));
  }
}
