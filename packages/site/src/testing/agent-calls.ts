import type { StartReply } from "@agentgate/protocol/site";

export interface Answer {
  readonly status: number;
  readonly body: any;
  readonly headers: Headers;
}

/** Calls a site in process, as an agent. */
export function agentOf(app: { fetch(request: Request): Promise<Response> }, own: Record<string, string> = {}) {
  const send = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const init = {
      method,
      headers: {
        "X-Agent-Request": "true",
        ...(body !== undefined && { "Content-Type": "application/json" }),
        ...own,
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
    const response = await app.fetch(new Request(`http://localhost${path}`, init));
    const text = await response.text();
    return { status: response.status, body: text && JSON.parse(text), headers: response.headers };
  };
  return {
    send,
    manifest: () => send("GET", "/.well-known/agent-manifest.json"),
    intent: (name: string, body: unknown = {}, headers?: Record<string, string>) =>
      send("POST", `/agent/intents/${name}`, body, headers),
    clientStep: (flow: string, step: string, body: unknown = {}) =>
      send("POST", `/agent/flows/${flow}/steps/${step}`, body),
    async start(flow: string): Promise<string> {
      const { body } = await send("POST", `/agent/flows/${flow}/start`);
      return (body as StartReply).session_id;
    },
    step: (flow: string, step: string, sessionId: string, body: unknown = {}, headers: Record<string, string> = {}) =>
      send("POST", `/agent/flows/${flow}/step/${step}`, body, { "X-Session-ID": sessionId, ...headers }),
    inspect: (flow: string, sessionId: string) => send("GET", `/agent/flows/${flow}/session/${sessionId}`),
  };
}
