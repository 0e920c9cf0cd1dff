import type { Agent, Chain, ChainStep } from "@agentgate/protocol";
import { shortText, visibleText } from "@agentgate/protocol/format";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { gateway } from "../../app/api.ts";
import { notify } from "../../app/notice.tsx";
import type { PlainSearch } from "../../app/plain-search.ts";
import { en } from "../../messages/en.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Page, Section } from "../../ui/page.tsx";
import { Age, Price } from "../../ui/values.tsx";
import { priceOf } from "./chain-cost.ts";
import { type ChainDraft, ChainForm } from "./chain-form.tsx";
import { ChainRunPanel } from "./chain-run-panel.tsx";
import { chainQuery, chainsKey } from "./chains-api.ts";
import { useStepAgents } from "./use-step-agents.ts";

const said = en.chains;
type Step = ChainStep & { at: number };
const withoutChain = ({ chain: _chain, ...rest }: PlainSearch): PlainSearch => rest;

/** One chain: its steps, and running it. */
export function ChainView({ id }: { id: string }) {
  const chain = useQuery(chainQuery(id));
  const [asked, setAsked] = useState<"edit" | "remove">();
  return (
    <Page
      title={chain.data ? shortText(chain.data.name, 80) : en.pages.chains}
      actions={
        <div className="flex flex-wrap items-center gap-2">
          <Link to="." search={withoutChain} className="button">
            {said.all}
          </Link>
          <button type="button" className="button" disabled={!chain.data} onClick={() => setAsked("edit")}>
            {said.edit}
          </button>
          <button
            type="button"
            className="button border-fail text-fail"
            disabled={!chain.data}
            onClick={() => setAsked("remove")}
          >
            {said.remove}
          </button>
        </div>
      }
    >
      <Loaded query={chain}>
        {(known) => <Known chain={known} asked={asked} onAnswered={() => setAsked(undefined)} />}
      </Loaded>
    </Page>
  );
}

interface KnownProps {
  chain: Chain;
  asked: "edit" | "remove" | undefined;
  onAnswered(): void;
}

function Known({ chain, asked, onAnswered }: KnownProps) {
  const agents = useStepAgents(chain);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: (draft: ChainDraft) => gateway.updateChain(chain.id, draft),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: chainsKey });
      onAnswered();
      notify(said.saved);
    },
  });
  const removal = useMutation({
    mutationFn: () => gateway.deleteChain(chain.id),
    onSuccess: async () => {
      await navigate({ to: ".", search: withoutChain });
      await queries.invalidateQueries({ queryKey: [...chainsKey, "list"] });
    },
  });
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-8">
      {chain.description !== "" && <p>{visibleText(chain.description)}</p>}
      <Section title={said.detail} aside={<Age at={chain.updated_at} />}>
        <DataTable
          caption={said.detail}
          rows={chain.steps.map((step, at) => ({ ...step, at }))}
          keyOf={({ at }) => `${at}`}
          columns={[
            {
              id: "agent",
              head: said.agent,
              isName: true,
              cell: ({ at, agent_id }) => (
                <>
                  {at + 1} <AgentName agent={agents.get(agent_id)} id={agent_id} />
                </>
              ),
            },
            ...(chain.steps.some(({ skill }) => skill !== null)
              ? [
                  {
                    id: "skill",
                    head: said.skill,
                    cell: ({ skill }: Step) => (skill === null ? "–" : <code>{shortText(skill, 80)}</code>),
                  },
                ]
              : []),
            {
              id: "told",
              head: said.told,
              cell: ({ at, input_template: template }) =>
                template === null ? (
                  <span className="text-ink-2">{at === 0 ? said.toldInput : said.toldPrevious}</span>
                ) : (
                  <code>{shortText(template, 200)}</code>
                ),
            },
            {
              id: "key",
              head: said.key,
              isHeadHidden: true,
              cell: ({ has_agent_api_key }) => (has_agent_api_key ? said.hasKey : ""),
            },
            {
              id: "price",
              head: said.price,
              isNumber: true,
              cell: ({ agent_id, skill }) => {
                const agent = agents.get(agent_id);
                return agent ? <Price dollars={priceOf(agent, skill)} /> : "–";
              },
            },
          ]}
        />
      </Section>
      <ChainRunPanel chain={chain} agents={agents} />
      <Dialog title={said.edit} isOpen={asked === "edit"} onClose={onAnswered}>
        <ChainForm
          chain={chain}
          agents={agents}
          isBusy={change.isPending}
          error={change.error}
          onSubmit={change.mutate}
        />
      </Dialog>
      <ConfirmDialog
        title={said.removeTitle}
        isOpen={asked === "remove"}
        onClose={onAnswered}
        action={said.remove}
        onConfirm={() => removal.mutate()}
        isBusy={removal.isPending}
        error={removal.error}
      >
        {said.removeBody}
      </ConfirmDialog>
    </div>
  );
}

/** The name with what tells it from others of that name. */
function AgentName({ agent, id }: { agent: Agent | null | undefined; id: string }) {
  return (
    <>
      {agent === null ? said.gone : shortText(agent?.name ?? "", 60)}{" "}
      <code className="text-ink-3">{id.slice(0, 8)}</code>
    </>
  );
}
