import { shortText } from "@agentgate/protocol/format";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { gateway } from "../../../app/api.ts";
import { en } from "../../../messages/en.ts";
import { Field } from "../../../ui/field.tsx";
import { AgentName } from "./agent-name.tsx";

const said = en.settings;
const FOUND_MAX = 6;
const NAME_MAX = 40;

interface AgentPickerProps {
  /** Ids. */
  chosen: readonly string[];
  onChange(chosen: readonly string[]): void;
  error: string | undefined;
}

/** Chooses agents by their names. */
export function AgentPicker({ chosen, onChange, error }: AgentPickerProps) {
  const [q, setQ] = useState("");
  const found = useQuery({
    queryKey: ["agents", "pick", q],
    queryFn: ({ signal }) => gateway.searchAgents({ q, limit: FOUND_MAX, signal }),
    enabled: q !== "",
  });
  const agents = found.data?.agents.filter(({ id }) => !chosen.includes(id)) ?? [];
  const choose = (id: string) => {
    onChange([...chosen, id]);
    setQ("");
  };
  return (
    <div className="flex flex-col gap-2">
      <Field label={said.onlyAgents} hint={said.onlyAgentsHint} error={error}>
        <input
          type="search"
          className="field"
          value={q}
          autoComplete="off"
          onChange={({ target }) => setQ(target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            if (agents[0]) choose(agents[0].id);
          }}
        />
      </Field>
      {q !== "" && found.data && (
        <ul aria-label={said.onlyAgents}>
          {agents.map(({ id, name }) => (
            <li key={id}>
              <button type="button" className="button w-full justify-start" onClick={() => choose(id)}>
                {shortText(name, NAME_MAX)} <code className="text-ink-3">{id.slice(0, 8)}</code>
              </button>
            </li>
          ))}
          {agents.length === 0 && <li className="text-ink-2">{said.noSuchAgent}</li>}
        </ul>
      )}
      {chosen.length > 0 && (
        <ul className="flex flex-wrap gap-2">
          {chosen.map((id) => (
            <li key={id}>
              <button type="button" className="button" onClick={() => onChange(chosen.filter((other) => other !== id))}>
                <AgentName id={id} /> <span aria-hidden="true">×</span>
                <span className="spoken">{said.removeAgent("")}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
