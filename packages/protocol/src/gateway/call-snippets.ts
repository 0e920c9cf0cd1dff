import { argumentsLike } from "./schema-example.ts";

/** How an agent is called, in the words of one tool. */
export interface CallSnippet {
  id: "curl" | "sdk" | "cli" | "a2a";
  /** Whose it is. */
  name: string;
  text: string;
}

/** An agent as it is called. */
export interface CalledAgent {
  /** Where the gateway is reached. */
  url: string;
  id: string;
  isPaid: boolean;
  /** Callers show a key of the agent's own. */
  requiresKey: boolean;
  /** Of an agent whose skills are tools, as those of MCP servers and websites: one of them. */
  tool?: { name: string; inputSchema: unknown } | undefined;
}

/**
 * Calls that work when they are pasted, where the variables hold keys: `AGENTGATE_API_KEY`, the organization's that pays, and `AGENT_KEY`, the
 * agent's own. A tool's arguments are some that its schema might be meant for.
 */
export function callSnippetsOf(agent: CalledAgent): CallSnippet[] {
  const { url, id, isPaid, requiresKey, tool } = agent;
  const data = tool && { tool: tool.name, arguments: argumentsLike(tool.inputSchema) };
  const headers = headersOf(agent)
    .map((line) => ` \\\n  ${line}`)
    .join("");
  const key = isPaid ? ", apiKey: process.env.AGENTGATE_API_KEY" : "";
  const option = requiresKey ? ", { agentApiKey: process.env.AGENT_KEY }" : "";
  const part = data ? { type: "data", data } : { type: "text", text: "Hello!" };
  const task = data ? asTask(data) : `"Hello!"`;
  return [
    {
      id: "curl",
      name: "curl",
      text: `curl -s ${url}/agents/${id}/task${headers} \\
  -H 'content-type: application/json' \\
  -d ${inShell(JSON.stringify({ message: { parts: [part] } }))}`,
    },
    {
      id: "sdk",
      name: "SDK, TypeScript",
      text: `import { AgentGateClient } from "@agentgate/client";

const gateway = new AgentGateClient({ baseUrl: "${url}"${key} });
const answer = await gateway.sendTask("${id}", ${task}${option});`,
    },
    {
      id: "cli",
      name: "Command line",
      text: `npx -y @agentgate/cli call ${id} ${data ? inWords(data) : "'Hello!'"} \\
  --server ${url}${isPaid ? ' --api-key "$AGENTGATE_API_KEY"' : ""}${requiresKey ? ' --agent-key "$AGENT_KEY"' : ""}`,
    },
    {
      id: "a2a",
      name: "A2A, any client",
      text: `curl -s ${url}/agents/${id}/card

curl -s ${url}/agents/${id}${headers} \\
  -H 'content-type: application/json' -H 'A2A-Version: 1.0' \\
  -d ${inShell(
    JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "SendMessage",
      params: { message: { messageId: "m-1", role: "ROLE_USER", parts: [data ? { data } : { text: "Hello!" }] } },
    }),
  )}`,
    },
  ];
}

const headersOf = ({ isPaid, requiresKey }: CalledAgent): string[] => [
  ...(requiresKey ? [`-H "authorization: Bearer $AGENT_KEY"`] : []),
  ...(isPaid && requiresKey ? [`-H "x-agentgate-payer-key: $AGENTGATE_API_KEY"`] : []),
  ...(isPaid && !requiresKey ? [`-H "authorization: Bearer $AGENTGATE_API_KEY"`] : []),
];

const asTask = (data: unknown): string => `{ message: { parts: [{ type: "data", data: ${JSON.stringify(data)} }] } }`;

/** As the command takes a tool and its arguments: texts as `name=text`, anything else as `name:=JSON`. */
const inWords = ({ tool, arguments: given }: { tool: string; arguments: Record<string, unknown> }): string =>
  [
    tool,
    ...Object.entries(given).map(([name, value]) =>
      typeof value === "string" ? `${name}=${value}` : `${name}:=${JSON.stringify(value)}`,
    ),
  ]
    .map(inShell)
    .join(" ");

/** A shell takes it as it is. */
const inShell = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
