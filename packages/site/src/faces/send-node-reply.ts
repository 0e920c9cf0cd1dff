import type { Reply } from "../exchange/exchange.ts";
import { toSiteError } from "../exchange/reply.ts";
import type { SiteError } from "../exchange/site-error.ts";
import { type NodeResponse, onPrematureClose } from "./node-exchange.ts";

/** Writes a reply, in step with the reader when it is a stream. Never throws: the server must outlive any request. */
export async function sendNodeReply(response: NodeResponse, reply: Reply): Promise<void> {
  if (response.destroyed || response.writableEnded) {
    if (typeof reply.body !== "string") await reply.body[Symbol.asyncIterator]().return?.();
    return;
  }
  try {
    writeHead(response, reply);
    if (typeof reply.body === "string") response.end(reply.body);
    else await writeStream(response, reply.body);
  } catch (error) {
    console.error("agentgate: the reply could not be written:", error);
    if (response.headersSent) response.destroy();
    else refuse(response, toSiteError(error));
  }
}

function refuse(response: NodeResponse, error: SiteError): void {
  response.statusCode = error.status;
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(error.toBody()));
}

/** Header by header: `end` then computes the length itself, and what other middleware has set stays. */
function writeHead(response: NodeResponse, { status, headers }: Reply): void {
  response.statusCode = status;
  if (Object.hasOwn(response, "statusMessage")) Object.assign(response, { statusMessage: "" });
  for (const name in headers)
    response.setHeader(name, name === "vary" ? mergeVary(response, headers.vary!) : headers[name]!);
}

function mergeVary(response: NodeResponse, own: string): string {
  const present = response.getHeader("vary");
  return present === undefined ? own : `${present}, ${own}`;
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
