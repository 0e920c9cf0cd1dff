import type { TaskEntry } from "@agentgate/client";
import { formatDuration, shortText } from "@agentgate/protocol/format";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { keptSearch } from "../../app/kept-search.ts";
import { useKeys } from "../../app/keys/use-keys.ts";
import { useOrgNames } from "../../app/org-names.ts";
import type { PlainSearch } from "../../app/plain-search.ts";
import { sessionQuery } from "../../app/session.ts";
import { en } from "../../messages/en.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { OrgLabel } from "../../ui/org-label.tsx";
import { SidePanel } from "../../ui/side-panel.tsx";
import { State } from "../../ui/state.tsx";
import { Age, Clock, Money } from "../../ui/values.tsx";
import { TaskContent } from "./task-content.tsx";
import { TaskState } from "./task-state.tsx";
import { callsQuery, type Role, roleIn, taskQuery } from "./tasks-api.ts";

const said = en.tasks;

/** Everything that is known of one task: how it stands, the calls about it, and what its agent says is in it. */
export function TaskDetail({ agentId, taskId }: { agentId: string; taskId: string }) {
  const search = useSearch({ strict: false }) as PlainSearch;
  const role = roleIn(search);
  const task = useQuery(taskQuery(agentId, taskId, role, search.org));
  const navigate = useNavigate();
  const close = () =>
    void navigate({
      to: ".",
      search: ({ task: _task, of: _of, ...rest }: PlainSearch) => rest,
      resetScroll: false,
    });
  useKeys([{ keys: "Escape", does: en.close, run: close }]);
  return (
    <SidePanel title={said.detail} onClose={close}>
      <Loaded query={task} rows={8}>
        {(known) =>
          known === null ? <p className="text-ink-2">{said.notThere}</p> : <Known task={known} role={role} />
        }
      </Loaded>
    </SidePanel>
  );
}

function Known({ task, role }: { task: TaskEntry; role: Role }) {
  const { data: session } = useQuery(sessionQuery);
  const { org } = useSearch({ strict: false }) as PlainSearch;
  const whose = session?.kind === "admin" ? (org ?? null) : (session?.org_id ?? null);
  const names = useOrgNames([task.payer_org_id]);
  const isOwn = session !== undefined && task.payer_org_id === whose && (whose !== null || role === "payer");
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-6">
      <p className="flex flex-wrap gap-x-4">
        <TaskState state={task.state} /> <Age at={task.status_at} />
      </p>
      <dl className="facts">
        <dt>{said.task}</dt>
        <dd className="flex flex-wrap items-center gap-2">
          <code className="min-w-0">{shortText(task.task_id, 120)}</code>
          <CopyButton text={task.task_id} />
        </dd>
        <dt>{said.names.context_id}</dt>
        <dd>{task.context_id === null ? "–" : <code>{shortText(task.context_id, 120)}</code>}</dd>
        <dt>{said.names.agent_id}</dt>
        <dd>
          {task.agent_name === null ? (
            <code>{task.agent_id}</code>
          ) : (
            <Link to="/dashboard/agents/$id" params={{ id: task.agent_id }} search={keptSearch}>
              {shortText(task.agent_name, 60)}
            </Link>
          )}
        </dd>
        <dt>{said.payer}</dt>
        <dd>{task.payer_org_id === null ? said.nobody : <OrgLabel id={task.payer_org_id} names={names} isWhole />}</dd>
      </dl>
      <Calls task={task} role={role} orgId={org} />
      {isOwn ? <TaskContent task={task} orgId={whose} /> : <p className="text-ink-2">{said.contentIsTheirs}</p>}
    </div>
  );
}

/** Its events, as calls of the log: each came by one. */
function Calls({ task, role, orgId }: { task: TaskEntry; role: Role; orgId: string | undefined }) {
  const calls = useQuery(callsQuery(task, role, orgId));
  return (
    <div>
      <h3 className="pb-2">{said.events}</h3>
      <Loaded query={calls} rows={3}>
        {(rows) =>
          rows.length === 0 ? (
            <p className="text-ink-2">{said.noCalls}</p>
          ) : (
            <ol>
              {rows.map(({ id, created_at, status, error_detail, latency_ms, price }) => (
                <li key={id} className="flex flex-wrap items-baseline gap-x-4 border-line border-b py-1.5">
                  <span className="font-mono">
                    <Clock at={created_at} />
                  </span>
                  {status === "success" ? (
                    <State is="ok" />
                  ) : (
                    <State is="failed" word={shortText(error_detail ?? en.states.failed, 30)} />
                  )}
                  <span>{formatDuration(latency_ms)}</span>
                  <Money dollars={price} />
                  <Link
                    to="/dashboard/logs"
                    search={{ log: id, ...(role === "payer" && { role }), ...(orgId && { org: orgId }) }}
                  >
                    {said.toLog}
                  </Link>
                </li>
              ))}
            </ol>
          )
        }
      </Loaded>
    </div>
  );
}
