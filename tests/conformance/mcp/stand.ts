import { startTestGateway } from "../../../packages/gateway/src/testing/index.ts";

/** A gateway with one free agent that is this MCP server. */
export async function standBefore(url: string): Promise<{ url: string; close(): Promise<void> }> {
  const gate = await startTestGateway();
  const { id } = await gate.register({ protocol: "mcp", name: "everything", url, trust: "auto" });
  return { url: `${gate.url}/agents/${id}/mcp`, close: () => gate.close({ passedOn: true }) };
}
