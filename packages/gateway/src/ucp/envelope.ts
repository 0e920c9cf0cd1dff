import type { UcpVersion } from "./versions.ts";

/** What a platform and the gateway agreed on for one request. */
export interface Negotiated {
  version: UcpVersion;
  /** The capabilities that both have and that bear on the operation, with their versions. */
  capabilities: Readonly<Record<string, readonly { version: string }[]>>;
  /** Where the platform wants to be told of orders. */
  webhookUrl?: string | undefined;
}

/** What a business outcome says beside the resource, or in its place. */
export type Message = ErrorMessage | { type: "info" | "warning"; code: string; content: string; path?: string };

export interface ErrorMessage {
  type: "error";
  code: string;
  content: string;
  severity: "recoverable" | "requires_buyer_input" | "requires_buyer_review" | "unrecoverable";
  /** JSONPath (RFC 9535) of what in the resource is meant. */
  path?: string;
}

/** The `ucp` member of an answer. */
export const envelope = ({ version, capabilities }: Negotiated) => ({ version, status: "success", capabilities });

/** The answer where there is no resource to answer with. */
export const errorResponse = ({ version }: Negotiated, ...messages: ErrorMessage[]) => ({
  ucp: { version, status: "error" },
  messages,
});

export const unrecoverable = (code: string, content: string): ErrorMessage => ({
  type: "error",
  code,
  content,
  severity: "unrecoverable",
});

export const recoverable = (code: string, content: string, path?: string): ErrorMessage => ({
  type: "error",
  code,
  content,
  severity: "recoverable",
  ...(path !== undefined && { path }),
});
