/** What is pasted to use something from an MCP client. */
export interface McpSnippet {
  id: "url" | "claude-code" | "json" | "stdio";
  /** Whose it is. */
  name: string;
  text: string;
}

/** An agent as MCP clients reach it. */
export interface McpPlace {
  /** Where the gateway is reached. */
  url: string;
  id: string;
  /** What the client calls it; `[a-z0-9-]`. */
  slug: string;
  isPaid: boolean;
  /** Callers show a key of the agent's own. */
  requiresKey: boolean;
}

/** Keys are named by their variables: `AGENTGATE_API_KEY`, the organization's that pays, and `AGENT_KEY`, the agent's own. */
export function mcpSnippetsOf({ url, id, slug, isPaid, requiresKey }: McpPlace): McpSnippet[] {
  const address = `${url}/agents/${id}/mcp`;
  const headers: [name: string, variable: string, scheme: string][] = [
    ...(requiresKey ? [["Authorization", "AGENT_KEY", "Bearer "] as [string, string, string]] : []),
    ...(isPaid
      ? [
          [
            requiresKey ? "X-AgentGate-Payer-Key" : "Authorization",
            "AGENTGATE_API_KEY",
            requiresKey ? "" : "Bearer ",
          ] as [string, string, string],
        ]
      : []),
  ];
  const server = {
    type: "http",
    url: address,
    ...(headers.length > 0 && {
      headers: Object.fromEntries(headers.map(([name, variable, scheme]) => [name, `${scheme}\${${variable}}`])),
    }),
  };
  const flags = headers.map(([name, variable, scheme]) => ` \\\n  --header "${name}: ${scheme}$${variable}"`).join("");
  return [
    { id: "url", name: "Address", text: address },
    { id: "claude-code", name: "Claude Code", text: `claude mcp add --transport http ${slug} ${address}${flags}` },
    { id: "json", name: ".mcp.json", text: JSON.stringify({ mcpServers: { [slug]: server } }, null, 2) },
    // The program shows one key, as the bearer: what asks for two is reached by its address alone.
    ...(requiresKey && isPaid
      ? []
      : [
          {
            id: "stdio",
            name: "Clients that start programs",
            text: `npx -y @agentgate/cli mcp --server ${url} --agent ${id}`,
          } as const,
        ]),
  ];
}
