import type { Agent } from "@agentgate/client";
import { shortText } from "@agentgate/protocol/format";
import { Link } from "@tanstack/react-router";
import { keptSearch } from "../../../app/kept-search.ts";
import { en } from "../../../messages/en.ts";
import { Section } from "../../../ui/page.tsx";
import { SecretOnce } from "../../../ui/secret-once.tsx";
import { State } from "../../../ui/state.tsx";
import { TryPanel } from "../try/try-panel.tsx";

const said = en.newAgent;

/** It is there: what is shown this once, and a first call. */
export function Registered({ agent, onAnother }: { agent: Agent; onAnother(): void }) {
  const isServing = agent.approval === undefined || agent.approval.state === "approved";
  return (
    <div className="grid max-w-6xl grid-cols-[minmax(0,1fr)] gap-8">
      <div className="grid gap-3">
        <p role="status">
          <State is={isServing ? "ok" : "slow"} word={said.registered(shortText(agent.name, 80))} />{" "}
          <code className="text-ink-3">{agent.id}</code>
        </p>
        {!isServing && <p>{said.waits}</p>}
        <p className="flex flex-wrap gap-3">
          <Link to="/dashboard/agents/$id" params={{ id: agent.id }} search={keptSearch} className="button">
            {said.open}
          </Link>
          <button type="button" className="button" onClick={onAnother}>
            {said.another}
          </button>
        </p>
      </div>
      {agent.webhook_secret && (
        <SecretOnce label={said.secret} secret={agent.webhook_secret}>
          {said.secretOnce}
        </SecretOnce>
      )}
      {isServing && (
        <Section title={said.test}>
          <TryPanel agent={agent} example={said.testTask} />
        </Section>
      )}
    </div>
  );
}
