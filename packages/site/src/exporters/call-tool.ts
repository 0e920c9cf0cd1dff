import { agentRequestHeader, type Manifest, sessionIdHeader, type Tool } from "@agentgate/protocol/site";

/** Something with a manifest that answers requests: an `AgentApp`. */
export interface ToolSite {
  readonly manifest: Manifest;
  readonly fetch: (request: Request) => Promise<Response>;
}

export interface ToolResult {
  readonly ok: boolean;
  /** The result, or the error body. */
  readonly body: unknown;
}

export interface ToolCallOptions {
  /** Credentials and `X-Agent-ID`; the rest is filled in. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Calls a tool. Errors of the site come back as a result, so that the model can mend its call. */
export async function callTool(
  site: ToolSite,
  tool: Tool,
  args: Readonly<Record<string, unknown>>,
  options: ToolCallOptions = {},
): Promise<ToolResult> {
  const { sessionArgument, path } = tool;
  const body = { ...args };
  const headers = new Headers(options.headers);
  headers.set("content-type", "application/json");
  headers.set(agentRequestHeader, "true");
  if (sessionArgument) {
    const session = body[sessionArgument];
    delete body[sessionArgument];
    if (typeof session === "string" && /^[\w-]{1,128}$/.test(session)) headers.set(sessionIdHeader, session);
  }
  const url = site.manifest.base_url + path;
  const init = {
    method: "POST",
    headers,
    body: JSON.stringify(body),
    ...(options.signal && { signal: options.signal }),
  };
  const response = await site.fetch(new Request(url, init));
  const text = await response.text();
  return { ok: response.ok, body: text === "" ? null : JSON.parse(text) };
}
