import type { Reply } from "../exchange/exchange.ts";
import { errorReply, toSiteError } from "../exchange/reply.ts";
import { type NodeResponse, onPrematureClose } from "./node-exchange.ts";

/**
 * Writes a reply, a stream in step with its reader. Never throws nor rejects: the server must outlive any request.
 * @returns a promise for a stream, settled when it has been written
 */
export function sendNodeReply(response: NodeResponse, { status, headers, body }: Reply): Promise<void> | undefined {
  if (typeof body !== "string") return sendStream(response, status, headers, body);
  if (isGone(response)) return undefined;
  try {
    sendText(response, status, headers, body);
  } catch (error) {
    fail(response, error);
  }
  return undefined;
}

const isGone = ({ destroyed, writableEnded }: NodeResponse) => destroyed || writableEnded;

/** Node, Bun and Deno all have it; the types of none of them are needed here. */
declare const Buffer: { byteLength(text: string): number };

/** With the length, which `end` finds out itself only where it writes the head too, and that takes longer. */
function sendText(response: NodeResponse, status: number, headers: Reply["headers"], body: string): void {
  writeHead(response, status, body === "" ? headers : { ...headers, "content-length": `${Buffer.byteLength(body)}` });
  response.end(body);
}

/** What other middleware has set stays. */
function writeHead(response: NodeResponse, status: number, headers: Reply["headers"]): void {
  // A message that belongs to another status would be sent with ours. Asking HTTP/2 for it makes Node warn.
  if (Object.hasOwn(response, "statusMessage")) Object.assign(response, { statusMessage: "" });
  const vary = headers.vary && response.getHeader("vary");
  response.writeHead(status, vary ? { ...headers, vary: `${vary}, ${headers.vary}` } : headers);
}

function fail(response: NodeResponse, error: unknown): void {
  console.error("agentgate: the reply could not be written:", error);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, headers, body } = errorReply(toSiteError(error));
  sendText(response, status, headers, body as string);
}

async function sendStream(
  response: NodeResponse,
  status: number,
  headers: Reply["headers"],
  body: AsyncIterable<string>,
): Promise<void> {
  if (isGone(response)) {
    await body[Symbol.asyncIterator]().return?.();
    return;
  }
  try {
    writeHead(response, status, headers);
    await writeStream(response, body);
  } catch (error) {
    fail(response, error);
  }
}

async function writeStream(response: NodeResponse, body: AsyncIterable<string>): Promise<void> {
  const frames = body[Symbol.asyncIterator]();
  let wake = () => {};
  const onDrain = () => wake();
  onPrematureClose(response, () => {
    void frames.return?.();
    wake();
  });
  response.on("drain", onDrain);
  response.flushHeaders?.();
  for (;;) {
    const { done, value } = await frames.next();
    if (done || response.destroyed) break;
    if (!response.write(value) && !response.destroyed) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  response.off("drain", onDrain);
  if (!response.destroyed) response.end();
}
