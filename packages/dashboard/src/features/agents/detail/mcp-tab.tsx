import type { Agent } from "@agentgate/client";
import { mcpSnippetsOf } from "@agentgate/protocol";
import { en } from "../../../messages/en.ts";
import { Command } from "../../../ui/command.tsx";
import { Section } from "../../../ui/page.tsx";

const said = en.agentDetail;

/** How MCP clients use the agent. */
export function McpTab({ agent }: { agent: Agent }) {
  const { id, slug = "agent", price_per_task, requires_key = false } = agent;
  const place = { url: window.location.origin, id, slug, isPaid: price_per_task > 0, requiresKey: requires_key };
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-8">
      <Section title={said.fromMcp}>
        <p className="max-w-prose pb-4">
          {said.fromMcpHint} <a href="/guide/mcp">{said.otherClients}</a>
        </p>
        <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
          {mcpSnippetsOf(place).map(({ id: key, name, text }) => (
            <div key={key}>
              <h3 className="pb-1 font-strong">{name}</h3>
              <Command>{text}</Command>
            </div>
          ))}
        </div>
      </Section>
    </div>
  );
}
