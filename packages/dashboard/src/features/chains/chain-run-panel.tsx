import type { ChainStepBegun } from "@agentgate/client";
import type { Agent, Chain, ChainTraceEntry } from "@agentgate/protocol";
import { formatDuration, formatMoney, shortText, visibleText } from "@agentgate/protocol/format";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import type { PlainSearch } from "../../app/plain-search.ts";
import { sessionQuery } from "../../app/session.ts";
import { useMay } from "../../app/use-may.ts";
import { en } from "../../messages/en.ts";
import { Command } from "../../ui/command.tsx";
import { Field } from "../../ui/field.tsx";
import { NotAllowed } from "../../ui/not-allowed.tsx";
import { Section } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { TextBlock } from "../../ui/text-block.tsx";
import { TroubleBox } from "../../ui/trouble-box.tsx";
import { costOf } from "./chain-cost.ts";
import { after, notBegun, type RunState } from "./chain-run.ts";
import { clientForRun } from "./run-key.ts";

const said = en.chains;
const INPUT_MAX = 100_000;

interface ChainRunPanelProps {
  chain: Chain;
  agents: ReadonlyMap<string, Agent | null>;
}

/** Runs the chain: what it costs is said before, and each step as it is taken. */
export function ChainRunPanel({ chain, agents }: ChainRunPanelProps) {
  const { data: session } = useQuery(sessionQuery);
  const { org } = useSearch({ strict: false }) as PlainSearch;
  const queries = useQueryClient();
  const may = useMay();
  const [input, setInput] = useState("");
  const [run, setRun] = useState<RunState>();
  const [trouble, setTrouble] = useState<unknown>();
  const [isRunning, setRunning] = useState(false);
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);
  const orgId = session?.kind === "admin" ? (org ?? null) : (session?.org_id ?? null);
  const cost = costOf(chain.steps, (id) => agents.get(id));
  // Whose agents they are sees their calls; of others' the one who pays.
  const isPaid = orgId !== null && chain.steps.some(({ agent_id }) => agents.get(agent_id)?.org_id !== orgId);
  const start = async () => {
    if (!cost) return;
    const controller = new AbortController();
    stop.current = controller;
    setTrouble(undefined);
    setRun(notBegun);
    setRunning(true);
    let end: (() => void) | undefined;
    try {
      const made = await clientForRun({ orgId, cost });
      end = made.end;
      for await (const event of made.client.streamChain(chain.id, input, { signal: controller.signal })) {
        setRun((now) => after(now ?? notBegun, event));
      }
    } catch (error) {
      if (!controller.signal.aborted) setTrouble(error);
    } finally {
      end?.();
      setRunning(false);
      void queries.invalidateQueries({ queryKey: ["wallet"] });
    }
  };
  return (
    <Section title={said.run}>
      {!may("keys:write") && <NotAllowed what={said.run} scope="keys:write" />}
      <form
        hidden={!may("keys:write")}
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isRunning) void start();
        }}
      >
        <Field label={said.input}>
          <textarea
            className="field min-h-20"
            maxLength={INPUT_MAX}
            value={input}
            onChange={({ target }) => setInput(target.value)}
          />
        </Field>
        <p>
          <strong>{costText(cost, chain.steps.length, orgId === null)}</strong>{" "}
          <span className="text-ink-2">{cost && cost.total > 0n && orgId !== null ? said.costHint : ""}</span>
        </p>
        <p className="text-ink-2">{said.keyed}</p>
        <div className="flex gap-2">
          <button type="submit" className="button button-primary" disabled={isRunning || !cost || !session}>
            {isRunning ? said.running : said.run}
          </button>
          {isRunning && (
            <button type="button" className="button" onClick={() => stop.current?.abort()}>
              {said.stop}
            </button>
          )}
        </div>
      </form>
      {trouble !== undefined && (
        <div className="pt-4">
          <TroubleBox error={trouble} />
          {run && run.steps.length > 0 && <p className="pt-2">{said.brokenOff}</p>}
        </div>
      )}
      {run && <Run run={run} count={chain.steps.length} isRunning={isRunning} isPaid={isPaid} />}
      <details className="pt-6">
        <summary>{said.asCommand}</summary>
        <div className="pt-2">
          <Command>{runCommand(chain, input)}</Command>
        </div>
      </details>
    </Section>
  );
}

function costText(cost: ReturnType<typeof costOf>, steps: number, isAdmin: boolean): string {
  if (!cost) return said.unknownCost;
  if (cost.total === 0n) return said.free;
  return isAdmin ? said.unpaid : said.cost(formatMoney(cost.total), steps);
}

function runCommand(chain: Chain, input: string): string {
  const body = JSON.stringify({ input }).replaceAll("'", "'\\''");
  return `curl -sN ${location.origin}/chains/${chain.id}/run/stream \\
  -H "authorization: Bearer $AGENTGATE_API_KEY" -H 'content-type: application/json' \\
  -d '${body}'`;
}

interface RunProps {
  run: RunState;
  count: number;
  isRunning: boolean;
  isPaid: boolean;
}

function Run({ run, count, isRunning, isPaid }: RunProps) {
  const { steps, result } = run;
  return (
    <div className="flex flex-col gap-4 pt-6" aria-live="polite">
      <ol className="flex flex-col gap-3">
        {Array.from({ length: count }, (_, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place
          <li key={at} className="border-line border-t pt-2">
            <Step step={at + 1} entry={steps.find(({ step }) => step === at + 1)} isRunning={isRunning} />
          </li>
        ))}
      </ol>
      {result && (
        <p className="flex flex-wrap items-baseline gap-x-4">
          {result.status === "success" ? (
            <State is="ok" word={said.succeeded} />
          ) : (
            <State is="failed" word={said.failedAt(result.trace.at(-1)?.step ?? steps.length)} />
          )}
          {result.trace_id && (
            <Link
              to="/dashboard/logs"
              search={({ zone, org }: PlainSearch) => ({
                zone,
                org,
                range: "1h",
                role: isPaid ? "payer" : undefined,
                trace_id: result.trace_id,
              })}
            >
              {said.calls}
            </Link>
          )}
        </p>
      )}
    </div>
  );
}

interface StepProps {
  step: number;
  entry: ChainTraceEntry | ChainStepBegun | undefined;
  isRunning: boolean;
}

function Step({ step, entry, isRunning }: StepProps) {
  if (!entry) return <span className="text-ink-3">{`${said.step(step)}: ${said.waiting}`}</span>;
  const isOver = entry.status !== "running";
  return (
    <>
      <p className="flex flex-wrap items-baseline gap-x-3 pb-2">
        <strong>{said.step(step)}</strong>
        <span>{shortText(entry.agent_name || said.gone, 60)}</span>
        {entry.status === "success" ? (
          <State is="ok" />
        ) : entry.status === "error" ? (
          <State is="failed" word={shortText(entry.error_code, 40)} />
        ) : (
          <State is={isRunning ? "running" : "unknown"} />
        )}
        {isOver && <span>{formatDuration(entry.latency_ms)}</span>}
      </p>
      {"error" in entry && <p>{visibleText(entry.error)}</p>}
      {"input" in entry && (
        <details>
          <summary className="text-ink-2">{said.input_}</summary>
          <TextBlock>{visibleText(entry.input)}</TextBlock>
        </details>
      )}
      {"output" in entry && (
        <div className="pt-2">
          <p className="pb-1 text-ink-2">{said.output}</p>
          <TextBlock>{visibleText(entry.output)}</TextBlock>
        </div>
      )}
    </>
  );
}
