import type { Agent } from "@agentgate/client";
import { shortText } from "@agentgate/protocol/format";
import { en } from "../../../messages/en.ts";
import { Age } from "../../../ui/values.tsx";

const said = en.agentDetail;
const VALUE_MAX = 160;
const CHANGES_SHOWN = 20;

/** What was decided of the agent, and what of it waits for that. */
export function Waiting({ agent: { approval, pending, rejected } }: { agent: Agent }) {
  const isServing = !approval || approval.state === "approved";
  const proposal = pending ?? rejected;
  if (isServing && !proposal) return null;
  return (
    <div className="mb-6 grid gap-2 border-warn border-l-2 bg-warn-wash px-4 py-3">
      {approval && !isServing && (
        <p>
          <span className="font-strong">{en.agents.approvals[approval.state as "pending"]}.</span>{" "}
          {shortText(approval.detail, 300)} {approval.reason && shortText(approval.reason, 300)}
        </p>
      )}
      {proposal && (
        <details>
          <summary>
            {pending ? said.changeWaits : said.changeRefused} <Age at={proposal.since} />{" "}
            {proposal.reason && shortText(proposal.reason, 200)}
          </summary>
          <ul className="mt-2">
            {proposal.changes.slice(0, CHANGES_SHOWN).map(({ field, before, after }) => (
              <li key={field}>
                <code>{shortText(field, 60)}</code>: {told(before)} → {told(after)}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

const told = (value: unknown): string =>
  value === undefined ? "–" : shortText(typeof value === "string" ? value : (JSON.stringify(value) ?? ""), VALUE_MAX);
