import type { Agent } from "@agentgate/client";
import { shortText } from "@agentgate/protocol/format";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { notify } from "../../../app/notice.tsx";
import { ReadError, send } from "../../../app/read.ts";
import { en } from "../../../messages/en.ts";
import { DataTable } from "../../../ui/data-table.tsx";
import { Section } from "../../../ui/page.tsx";
import { TroubleBox } from "../../../ui/trouble-box.tsx";
import { isTooled } from "../skills/skills-api.ts";

const said = en.agentDetail;
const VALUE_MAX = 200;

/** What `POST /agents/{id}/refresh` answers. */
interface Refresh {
  changed: boolean;
  differences: { path: string; before?: unknown; after?: unknown }[];
  /** Of what a server or website says as a whole: an approval that names it approves nothing else. */
  digest?: string;
  /** Tools that are not offered, and why. */
  skipped?: { name: string; reason: string }[];
}

const TITLES = { mcp: said.refreshTools, site: said.refreshSite, a2a: said.refresh, plain: said.refresh } as const;

/**
 * The agent's card, its server's tools or its website's manifest as they are now, first as a list of what is otherwise; nothing counts before that
 * is accepted, and then just that.
 */
export function CardRefresh({ agent }: { agent: Agent }) {
  const { id, protocol_setting, protocol = "plain" } = agent;
  const isTools = isTooled(agent);
  const queries = useQueryClient();
  const fetchCard = async (query: string): Promise<Refresh> => {
    const response = await send(`/agents/${id}/refresh?${query}`, { method: "POST" });
    return (await response.json()) as Refresh;
  };
  const look = useMutation({ mutationFn: () => fetchCard("dry_run=true") });
  const accept = useMutation({
    mutationFn: (digest: string | undefined) => fetchCard(digest === undefined ? "" : `digest=${digest}`),
    onSuccess: () => {
      look.reset();
      notify(isTools ? said.acceptedTools : said.accepted);
      void queries.invalidateQueries({ queryKey: ["agents", "one", id] });
    },
  });
  const differences = look.data?.differences ?? [];
  return (
    <Section
      title={TITLES[protocol]}
      aside={
        <button
          type="button"
          className="button"
          disabled={look.isPending || protocol_setting === "plain"}
          onClick={() => {
            accept.reset();
            look.mutate();
          }}
        >
          {look.isPending ? said.comparing : said.compare}
        </button>
      }
    >
      {protocol_setting === "plain" && <p className="text-ink-2">{said.plainHasNoCard}</p>}
      {isTools && <p className="max-w-prose pb-3 text-ink-2">{said.toolsWait}</p>}
      {look.isError && <TroubleBox error={look.error} />}
      {look.data && differences.length === 0 && <p role="status">{said.unchanged}</p>}
      {differences.length > 0 && (
        <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
          <p role="status">{said.differences(differences.length)}</p>
          <DataTable
            caption={TITLES[protocol]}
            rows={differences}
            keyOf={({ path }) => path}
            columns={[
              {
                id: "path",
                head: said.where,
                isName: true,
                cell: ({ path }) => <code>{shortText(path || "/", 80)}</code>,
              },
              { id: "before", head: said.before, cell: ({ before }) => <Value value={before} /> },
              { id: "after", head: said.after, cell: ({ after }) => <Value value={after} /> },
            ]}
          />
          {accept.isError && <TroubleBox error={accept.error} />}
          {accept.error instanceof ReadError && accept.error.status === 409 && <p>{said.foundOtherwise}</p>}
          <p className="flex flex-wrap gap-3">
            <button
              type="button"
              className="button button-primary"
              disabled={accept.isPending}
              onClick={() => accept.mutate(look.data?.digest)}
            >
              {isTools ? said.acceptTools : said.accept}
            </button>
            <button type="button" className="button" onClick={() => look.reset()}>
              {en.cancel}
            </button>
          </p>
        </div>
      )}
      {look.data?.skipped && look.data.skipped.length > 0 && (
        <dl className="facts pt-4">
          {look.data.skipped.map(({ name, reason }) => (
            <div key={name} className="contents">
              <dt>
                {said.skippedTools} <code>{shortText(name, 40)}</code>
              </dt>
              <dd>{shortText(reason, 200)}</dd>
            </div>
          ))}
        </dl>
      )}
    </Section>
  );
}

const Value = ({ value }: { value: unknown }) => {
  if (value === undefined) return <span className="text-ink-3">{said.absent}</span>;
  return <>{shortText(typeof value === "string" ? value : JSON.stringify(value), VALUE_MAX)}</>;
};
