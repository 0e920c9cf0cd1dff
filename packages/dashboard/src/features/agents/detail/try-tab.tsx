import type { Agent } from "@agentgate/client";
import { callSnippetsOf } from "@agentgate/protocol";
import { useQuery } from "@tanstack/react-query";
import { en } from "../../../messages/en.ts";
import { Command } from "../../../ui/command.tsx";
import { Section } from "../../../ui/page.tsx";
import { isTooled, skillsQuery } from "../skills/skills-api.ts";
import { TryPanel } from "../try/try-panel.tsx";

export function TryTab({ agent }: { agent: Agent }) {
  const isServing = agent.approval === undefined || agent.approval.state === "approved";
  if (!isServing) return <p className="text-ink-2">{en.agentDetail.notCallable}</p>;
  return (
    <div className="grid max-w-6xl grid-cols-[minmax(0,1fr)] gap-8">
      <TryPanel agent={agent} />
      <Section title={en.tryIt.callIt}>
        <Snippets agent={agent} />
      </Section>
    </div>
  );
}

/** The same task from elsewhere, in the words of several tools. */
function Snippets({ agent }: { agent: Agent }) {
  const { data: skills = [] } = useQuery(skillsQuery(agent.id));
  const first = isTooled(agent) ? skills.find(({ state }) => state === "live") : undefined;
  const snippets = callSnippetsOf({
    url: location.origin,
    id: agent.id,
    isPaid: agent.price_per_task > 0,
    requiresKey: agent.requires_key === true,
    tool: first && { name: first.id, inputSchema: first.input_schema },
  });
  return snippets.map(({ id, name, text }) => (
    <details key={id} name="call" className="border-line border-b py-2" open={id === "curl"}>
      <summary className="font-strong">{name}</summary>
      <div className="pt-2">
        <Command>{text}</Command>
      </div>
    </details>
  ));
}
