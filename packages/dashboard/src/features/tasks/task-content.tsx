import type { Agent, TaskEntry } from "@agentgate/client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { ReadError } from "../../app/read.ts";
import { en } from "../../messages/en.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { TextBlock } from "../../ui/text-block.tsx";
import { TroubleBox } from "../../ui/trouble-box.tsx";
import { agentQuery } from "../agents/agents-api.ts";
import { useTryKey } from "../agents/try/use-try-key.ts";
import { TaskState } from "./task-state.tsx";
import { ITEMS_MAX, readTask } from "./told-task.ts";

const said = en.tasks;

/** The gateway keeps no task's content: its agent is asked for it, with a key of this page, when one wants to see it. */
export function TaskContent({ task, orgId }: { task: TaskEntry; orgId: string | null }) {
  const agent = useQuery(agentQuery(task.agent_id));
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <div>
        <h3 className="pb-2">{said.content}</h3>
        <p className="text-ink-2">{said.contentIsKept}</p>
      </div>
      <Loaded query={agent} rows={1}>
        {(known) => <Asked task={task} agent={known} orgId={orgId} />}
      </Loaded>
    </div>
  );
}

function Asked({ task, agent, orgId }: { task: TaskEntry; agent: Agent; orgId: string | null }) {
  const key = useTryKey({ agent, orgId });
  const ask = useMutation({ mutationFn: async () => getTask(task, await key.text()) });
  return (
    <>
      <button type="button" className="button justify-self-start" disabled={ask.isPending} onClick={() => ask.mutate()}>
        {ask.isPending ? said.asking : said.ask}
      </button>
      {ask.isError && <TroubleBox error={ask.error} />}
      {ask.data !== undefined && <Content told={ask.data} />}
    </>
  );
}

async function getTask({ agent_id, task_id }: TaskEntry, key: string): Promise<unknown> {
  const response = await fetch(`/agents/${agent_id}/tasks/${encodeURIComponent(task_id)}?historyLength=${ITEMS_MAX}`, {
    headers: { authorization: `Bearer ${key}`, "a2a-version": "1.0" },
    credentials: "omit",
  });
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return body;
  const requestId = response.headers.get("x-request-id") ?? undefined;
  const refusal = body as { error?: { message?: unknown } } | null;
  throw new ReadError(`${refusal?.error?.message ?? said.noAnswer}`, response.status, undefined, requestId);
}

function Content({ told }: { told: unknown }) {
  const { state, message, artifacts, history } = readTask(told);
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4" role="status">
      {state !== undefined && (
        <p>
          {said.saysNow} <TaskState state={state} />
        </p>
      )}
      <Texts texts={message} />
      <h4>{said.artifacts}</h4>
      {artifacts.length === 0 && <p className="text-ink-2">{said.noArtifacts}</p>}
      {artifacts.map(({ name, description, texts }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: agents may name several alike
        <div key={index} className="grid grid-cols-[minmax(0,1fr)] gap-2">
          <p>
            <span className="font-strong">{name}</span>{" "}
            {description !== "" && <span className="text-ink-2">{description}</span>}
          </p>
          <Texts texts={texts} />
        </div>
      ))}
      {history.length > 0 && (
        <details>
          <summary>{said.history(history.length)}</summary>
          <ol className="grid grid-cols-[minmax(0,1fr)] gap-3 pt-3">
            {history.map(({ isByAgent, texts }, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: messages come in their order
              <li key={index} className="grid grid-cols-[minmax(0,1fr)] gap-1">
                <span className="text-ink-2">{isByAgent ? said.byAgent : said.byCaller}</span>
                <Texts texts={texts} />
              </li>
            ))}
          </ol>
        </details>
      )}
    </div>
  );
}

const Texts = ({ texts }: { texts: readonly string[] }) => (
  <>
    {texts.map((text, index) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts come in their order
      <TextBlock key={index}>{text}</TextBlock>
    ))}
  </>
);
