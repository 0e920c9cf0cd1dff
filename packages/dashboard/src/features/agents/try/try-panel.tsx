import type { Agent } from "@agentgate/client";
import { GatewayError } from "@agentgate/client";
import { isTier, microDollarsFromNumber, tierLimits } from "@agentgate/protocol";
import { formatDuration, formatMoney } from "@agentgate/protocol/format";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { gateway } from "../../../app/api.ts";
import type { PlainSearch } from "../../../app/plain-search.ts";
import { sessionQuery } from "../../../app/session.ts";
import { troubleOf } from "../../../app/trouble.ts";
import { en } from "../../../messages/en.ts";
import { Field } from "../../../ui/field.tsx";
import { Loaded } from "../../../ui/loaded.tsx";
import { State } from "../../../ui/state.tsx";
import { TextBlock } from "../../../ui/text-block.tsx";
import { TroubleBox } from "../../../ui/trouble-box.tsx";
import { Money, Price } from "../../../ui/values.tsx";
import { type KnownSkill, skillsQuery } from "../skills/skills-api.ts";
import { askedOf, skillOf, type TaskDraft, TaskFields } from "./task-fields.tsx";
import { rowOf, runTask, type TaskRun } from "./task-run.ts";
import { payerOf } from "./try-key.ts";
import { useTryKey } from "./use-try-key.ts";

const said = en.tryIt;

interface TryPanelProps {
  agent: Agent;
  /** What is written there at first. */
  example?: string;
}

/** One task to an agent: what it costs is said before it is sent, and what it came to after. */
export function TryPanel(props: TryPanelProps) {
  const session = useQuery(sessionQuery);
  const { org } = useSearch({ strict: false }) as PlainSearch;
  const skills = useQuery(skillsQuery(props.agent.id));
  return (
    <Loaded query={session}>
      {(whoever) => (
        <Loaded query={skills} rows={4}>
          {(known) => (
            <Try {...props} orgId={payerOf(whoever, org)} skills={known.filter(({ state }) => state === "live")} />
          )}
        </Loaded>
      )}
    </Loaded>
  );
}

interface TryProps extends TryPanelProps {
  orgId: string | null;
  /** Those that are offered. */
  skills: readonly KnownSkill[];
}

function Try({ agent, example = "", orgId, skills }: TryProps) {
  const key = useTryKey({ agent, orgId });
  const queries = useQueryClient();
  const [draft, setDraft] = useState<TaskDraft>({ text: example, skill: "", given: undefined });
  const asked = askedOf(draft, agent, skills);
  const price = skillOf(draft, agent, skills)?.price ?? agent.price_per_task;
  const [agentKey, setAgentKey] = useState("");
  const [run, setRun] = useState<TaskRun>();
  const [trouble, setTrouble] = useState<unknown>();
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);
  const isOwners = orgId !== null && agent.org_id === orgId;
  const needsKey = agent.requires_key === true && orgId !== null && !isOwners;
  const isRunning = run?.state === "running";
  const send = async () => {
    if (!asked) return;
    stop.current?.abort();
    const controller = new AbortController();
    stop.current = controller;
    setTrouble(undefined);
    try {
      const shown = await key.text();
      const tell = (now: TaskRun) => !(controller.signal.aborted && stop.current !== controller) && setRun(now);
      await runTask({ agentId: agent.id, asked, key: shown, agentKey, signal: controller.signal, tell });
      void queries.invalidateQueries({ queryKey: ["wallet"] });
      void queries.invalidateQueries({ queryKey: ["logs"] });
    } catch (error) {
      setTrouble(error);
    }
  };
  return (
    <div className="grid max-w-6xl grid-cols-[minmax(0,1fr)] gap-6">
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isRunning) void send();
        }}
      >
        <TaskFields
          agent={agent}
          skills={skills}
          draft={draft}
          onChange={(change) => setDraft((now) => ({ ...now, ...change }))}
        />
        {needsKey && (
          <Field label={said.agentKey} hint={said.agentKeyHint}>
            <input
              className="field"
              type="password"
              autoComplete="off"
              value={agentKey}
              onChange={({ target }) => setAgentKey(target.value)}
            />
          </Field>
        )}
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <button type="submit" className="button button-primary" disabled={isRunning || asked === undefined}>
            {price > 0 && orgId !== null && !isOwners ? (
              <>
                {said.runFor} <Price dollars={price} />
              </>
            ) : (
              said.run
            )}
          </button>
          {isRunning && (
            <button type="button" className="button" onClick={() => stop.current?.abort()}>
              {said.stop}
            </button>
          )}
          <Cost agent={agent} orgId={orgId} price={price} />
        </div>
      </form>
      {trouble !== undefined && <CannotTry error={trouble} />}
      {run && <Outcome run={run} agent={agent} orgId={orgId} price={price} />}
      <p className="text-ink-2">{said.howItWorks}</p>
    </div>
  );
}

interface Priced {
  agent: Agent;
  orgId: string | null;
  /** Dollars for what is asked. */
  price: number;
}

/** Before a run: what it costs, whose money that is, and whether it is there. */
function Cost({ agent, orgId, price }: Priced) {
  if (orgId === null) return <span className="text-ink-2">{said.nobodyPays}</span>;
  if (price === 0) return <span className="text-ink-2">{said.free}</span>;
  if (agent.org_id === orgId) return <OwnCost orgId={orgId} price={price} />;
  return (
    <Needed dollars={price} orgId={orgId}>
      {said.perRun}
    </Needed>
  );
}

/** Who pays himself pays the fee alone. */
function OwnCost({ orgId, price }: { orgId: string; price: number }) {
  const org = useQuery({ queryKey: ["orgs", orgId], queryFn: ({ signal }) => gateway.getOrg(orgId, { signal }) });
  const tier = org.data && isTier(org.data.tier) ? org.data.tier : undefined;
  const fee = tier && Math.round(price * tierLimits[tier].fee_pct * 1e6) / 1e6;
  return (
    <Needed dollars={fee} orgId={orgId}>
      {said.toYourself} <Money dollars={fee} />.
    </Needed>
  );
}

/** Nothing until both amounts are known. */
function Needed({ dollars, orgId, children }: { dollars: number | undefined; orgId: string; children: ReactNode }) {
  const wallet = useQuery({
    queryKey: ["wallet", orgId],
    queryFn: ({ signal }) => gateway.getOrgWallet(orgId, { signal }),
  });
  const available = wallet.data?.balance;
  if (available === undefined || dollars === undefined) return null;
  const isShort = available < dollars;
  return (
    <span className={isShort ? "text-fail" : "text-ink-2"}>
      {children} {said.available} <Money dollars={available} />
      {isShort && (
        <>
          {" "}
          · {said.short} <Link to="/dashboard/wallet">{said.topUp}</Link>
        </>
      )}
    </span>
  );
}

/** Why there is no key to try it with. */
function CannotTry({ error }: { error: unknown }) {
  const { code } = troubleOf(error);
  const isRefused = code === "bounded_key" || code === "insufficient_scope" || code === "validation_failed";
  return (
    <div className="grid gap-2">
      <TroubleBox error={error} />
      <p className="text-ink-2">{isRefused ? said.mayNot : said.noKey}</p>
    </div>
  );
}

function Outcome({ run, agent, orgId, price }: Priced & { run: TaskRun }) {
  return (
    <section aria-label={said.answer} className="grid min-w-0 gap-3 border-ink-1 border-t pt-3">
      <p className="flex flex-wrap items-center gap-x-4" role="status">
        <RunState run={run} />
        {run.tookMs !== undefined && <span>{formatDuration(run.tookMs)}</span>}
        {run.status && run.state === "running" && <span className="text-ink-2">{run.status}</span>}
      </p>
      {run.state === "failed" && <Failure error={run.error} agent={agent} price={price} />}
      {run.text !== "" && <TextBlock>{run.text}</TextBlock>}
      {run.isCut && <p className="text-ink-2">{said.cut}</p>}
      {run.result !== undefined && (
        <details>
          <summary>{said.raw}</summary>
          <TextBlock>{run.result}</TextBlock>
        </details>
      )}
      {run.state !== "running" && run.requestId && <Receipt requestId={run.requestId} agent={agent} orgId={orgId} />}
    </section>
  );
}

function RunState({ run: { state } }: { run: TaskRun }) {
  if (state === "running") return <State is="running" />;
  if (state === "done") return <State is="ok" word={said.done} />;
  return (
    <State
      is={state === "stopped" ? "unknown" : "failed"}
      word={state === "stopped" ? said.stopped : en.states.failed}
    />
  );
}

/** What a refusal means here: which key, or how much, is missing. */
function Failure({ error, agent, price: dollars }: Omit<Priced, "orgId"> & { error: unknown }) {
  const status = GatewayError.isInstance(error) ? error.status : undefined;
  const price = formatMoney(microDollarsFromNumber(dollars));
  const advice =
    status === 401
      ? agent.requires_key
        ? said.needsAgentKey
        : said.keyEnded
      : status === 402
        ? said.needsMoney(price)
        : status === 403
          ? said.refused
          : undefined;
  return (
    <div className="grid gap-2">
      <TroubleBox error={error} />
      {advice && <p>{advice}</p>}
    </div>
  );
}

/** After a run: what it cost, what is left, and where it stands in the log. */
function Receipt({ requestId, agent, orgId }: { requestId: string; agent: Agent; orgId: string | null }) {
  const call = useQuery({
    queryKey: ["try", requestId],
    queryFn: async ({ signal }) => {
      const row = await rowOf(requestId, orgId, signal);
      return row ? gateway.logs.get(row.id, { signal }) : null;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
  const wallet = useQuery({
    queryKey: ["wallet", orgId, requestId],
    queryFn: ({ signal }) => gateway.getOrgWallet(orgId!, { signal }),
    enabled: orgId !== null && call.data != null,
  });
  if (!call.data) {
    return <p className="text-ink-2">{call.isPending ? said.lookingForRow : said.noRow}</p>;
  }
  const { id, transaction, payer_org_id } = call.data;
  const isOwners = orgId !== null && agent.org_id === orgId;
  return (
    <dl className="facts">
      <dt>{said.cost}</dt>
      <dd>
        {transaction ? <Money dollars={isOwners ? transaction.fee : transaction.amount} /> : said.nothingCharged}
        {transaction && isOwners && ` ${said.feeAlone}`}
      </dd>
      {wallet.data && (
        <>
          <dt>{said.left}</dt>
          <dd>
            <Money dollars={wallet.data.balance} />
          </dd>
        </>
      )}
      <dt>{said.inLog}</dt>
      <dd>
        <Link to="/dashboard/logs" search={{ log: id, ...(payer_org_id !== null && { role: "payer" }) }}>
          {said.toLog}
        </Link>
      </dd>
    </dl>
  );
}
