import type { IncomingHttpHeaders } from "node:http";
import { serveAgent, type Task } from "../shared/serve-agent.ts";

const gateway = process.env.AGENTGATE_SERVER ?? "http://127.0.0.1:8000";

serveAgent("chain-agent", async (text, headers, signal) => {
  const value = await callAgent("calc-agent", text, headers, signal);
  return callAgent("echo-agent", `${text} = ${value}`, headers, signal);
});

/** Calls another agent through the gateway. The chain and trace headers are carried on, so that loops are noticed. */
async function callAgent(
  name: string,
  text: string,
  headers: IncomingHttpHeaders,
  signal: AbortSignal,
): Promise<string> {
  const found = await fetch(`${gateway}/agents/by-name/${name}/latest`, { signal });
  if (!found.ok) throw new Error(`${name} is not registered at ${gateway}`);
  const { id } = (await found.json()) as { id: string };

  const carried = ["x-agentgate-chain", "traceparent", "tracestate"].flatMap((header) => {
    const value = headers[header];
    return typeof value === "string" ? [[header, value] as [string, string]] : [];
  });
  const response = await fetch(`${gateway}/agents/${id}/task`, {
    method: "POST",
    headers: { "content-type": "application/json", ...Object.fromEntries(carried) },
    body: JSON.stringify({ id: "step", message: { parts: [{ type: "text", text }] } } satisfies Task),
    signal,
  });
  const answer = (await response.json()) as { detail?: string; artifacts?: { parts: { text: string }[] }[] };
  if (!response.ok) throw new Error(`${name}: ${answer.detail ?? response.status}`);
  return answer.artifacts?.[0]?.parts[0]?.text ?? "";
}
