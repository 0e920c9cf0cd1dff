import type { Reply } from "./exchange.ts";
import { SiteError } from "./site-error.ts";

const jsonHeaders = Object.freeze({ "content-type": "application/json; charset=utf-8", "cache-control": "no-store" });

/** A reply that carries a JSON text. */
export const jsonReply = (status: number, body: string, headers?: Readonly<Record<string, string>>): Reply => ({
  status,
  headers: headers ? { ...jsonHeaders, ...headers } : jsonHeaders,
  body,
});

export const errorReply = (error: SiteError): Reply =>
  jsonReply(error.status, JSON.stringify(error.toBody()), error.headers);

/** What the agent sees of an exception: its own errors as they are, anything else without detail. */
export const toSiteError = (error: unknown): SiteError =>
  SiteError.isInstance(error)
    ? error
    : new SiteError("internal_error", "The site failed to answer. Try again later, or tell its operator.", {
        cause: error,
      });

/** Whether there is more to an error than the agent gets to see, so that the operator has to be told. */
export const isSecret = ({ code, options }: SiteError): boolean =>
  code === "internal_error" || (code === "unavailable" && options.cause !== undefined);
