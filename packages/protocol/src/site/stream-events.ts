import type { SiteErrorBody } from "./error-codes.ts";

/**
 * Server-sent events of a streaming intent or step. `data` is JSON. Any number of `progress` and `chunk` events,
 * then exactly one terminal event: `result` with the body of the plain reply, or `error` with the error body.
 */
export type SiteStreamEvent<Result = unknown> =
  | { readonly event: "progress"; readonly data: unknown }
  | { readonly event: "chunk"; readonly data: unknown }
  | { readonly event: "result"; readonly data: Result }
  | { readonly event: "error"; readonly data: SiteErrorBody };

export const eventStreamType = "text/event-stream";
