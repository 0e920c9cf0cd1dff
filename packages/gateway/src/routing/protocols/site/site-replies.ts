import { eventStreamType, isSiteErrorCode, siteErrorStatus } from "@agentgate/protocol/site";
import { KeptBytes, type OutboundStreamResponse } from "../../../outbound/index.ts";
import type { SiteRefusal } from "./site-answers.ts";

export type AnswerHead = Pick<OutboundStreamResponse, "status" | "headers">;

/** A body that is read whole. */
export async function collected(body: OutboundStreamResponse["body"]): Promise<Buffer> {
  const kept = new KeptBytes();
  for await (const chunk of body) {
    kept.add(chunk);
    body.keeps(kept.capacity);
  }
  return kept.take();
}

export const isEventStream = ({ status, headers }: AnswerHead): boolean =>
  status >= 200 &&
  status < 300 &&
  String(headers["content-type"] ?? "")
    .toLowerCase()
    .startsWith(eventStreamType);

/** A text as it is, anything else as JSON. */
export function plainText(data: string): string {
  if (!data.startsWith('"')) return data;
  const value = parsed(data);
  return typeof value === "string" ? value : data;
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Of an error that a stream ended with, the status that it would have had. */
export const statusOf = ({ code }: SiteRefusal): number => (isSiteErrorCode(code) ? siteErrorStatus[code] : 422);
