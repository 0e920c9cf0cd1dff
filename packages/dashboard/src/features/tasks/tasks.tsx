import { formatCount, shortText } from "@agentgate/protocol/format";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { gateway } from "../../app/api.ts";
import { useOrgNames } from "../../app/org-names.ts";
import type { PlainSearch } from "../../app/plain-search.ts";
import { en } from "../../messages/en.ts";
import { Empty } from "../../ui/empty.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { MoreButton } from "../../ui/more-button.tsx";
import { NoHit } from "../../ui/no-hit.tsx";
import { OrgLabel } from "../../ui/org-label.tsx";
import { Page } from "../../ui/page.tsx";
import { Age } from "../../ui/values.tsx";
import { TaskDetail } from "./task-detail.tsx";
import { TaskState } from "./task-state.tsx";
import { byContext, type ContextGroup, type Role, roleIn, states, tasksQuery } from "./tasks-api.ts";

const said = en.tasks;
const NAME_MAX = 48;
const ID_MAX = 40;

const asCommand = (agentId: string) => `curl -s ${location.origin}/agents/${agentId}/message:send \\
  -H "authorization: Bearer $AGENTGATE_API_KEY" -H 'content-type: application/json' \\
  -d '{"message":{"messageId":"1","role":"ROLE_USER","parts":[{"text":"Hello"}]}}'`;

/** A2A tasks as the gateway last saw them, by context. Filters and the task that is looked at stand in the address. */
export function Tasks() {
  const search = useSearch({ strict: false }) as PlainSearch;
  const tasks = useInfiniteQuery(tasksQuery(search));
  const entries = tasks.data?.pages.flatMap(({ entries }) => entries) ?? [];
  const names = useOrgNames(entries.map(({ payer_org_id }) => payer_org_id));
  const isCut = tasks.data?.pages.at(-1)?.is_cut ?? false;
  const isNarrowed = Boolean(search.agent_id || search.context_id || search.state);
  const isOpen = search.task !== undefined && search.of !== undefined;
  return (
    <Page title={en.tasks.title}>
      <Filters search={search} />
      <div className={`grid gap-x-6 gap-y-8 ${isOpen ? "full:grid-cols-[minmax(0,1fr)_28rem]" : ""}`}>
        <div className="min-w-0">
          <Loaded query={tasks} rows={12}>
            {() =>
              entries.length > 0 ? (
                byContext(entries).map((group) => (
                  <Context key={group.key} group={group} search={search} names={names} />
                ))
              ) : isNarrowed ? (
                <NoHit clear={said.clear} filters={["agent_id", "context_id", "state"]}>
                  {isCut ? said.noneYet : said.noHit}
                </NoHit>
              ) : (
                <NoTasks role={roleIn(search)} />
              )
            }
          </Loaded>
          {isCut && entries.length > 0 && <p className="pt-3 text-ink-2">{said.cut}</p>}
          <MoreButton of={tasks} label={said.older} />
        </div>
        {isOpen && <TaskDetail agentId={search.of!} taskId={search.task!} />}
      </div>
    </Page>
  );
}

/** What makes one, with an agent that is there. */
function NoTasks({ role }: { role: Role }) {
  const { data } = useQuery({
    queryKey: ["agents", "speaking a2a"],
    queryFn: ({ signal }) => gateway.searchAgents({ protocol: "a2a", limit: 1, signal }),
  });
  const agentId = data?.agents[0]?.id ?? "AGENT_ID";
  return <Empty command={asCommand(agentId)}>{role === "owner" ? said.none : said.noneOwn}</Empty>;
}

function Filters({ search }: { search: PlainSearch }) {
  const navigate = useNavigate();
  const set = (change: PlainSearch) =>
    void navigate({ to: ".", search: (now: PlainSearch) => ({ ...now, ...change }) });
  const role = roleIn(search);
  return (
    <div className="flex flex-wrap items-center gap-3 pb-6">
      <fieldset className="flex">
        <legend className="spoken">{said.whose}</legend>
        {(["owner", "payer"] as const).map((one) => (
          <label key={one} className="segment">
            <input
              type="radio"
              name="role"
              className="spoken"
              checked={role === one}
              onChange={() => set({ role: one === "owner" ? undefined : one, task: undefined, of: undefined })}
            />
            {said.roles[one]}
          </label>
        ))}
      </fieldset>
      <label>
        <span className="spoken">{said.state}</span>
        <select
          className="field"
          value={search.state ?? ""}
          onChange={({ target }) => set({ state: target.value || undefined })}
        >
          <option value="">{said.everyState}</option>
          {states.map((state) => (
            <option key={state} value={state}>
              {said.states[state]}
            </option>
          ))}
        </select>
      </label>
      {(["agent_id", "context_id"] as const).map(
        (name) =>
          search[name] && (
            <button key={name} type="button" className="button min-w-0" onClick={() => set({ [name]: undefined })}>
              {said.names[name]} <code className="min-w-0">{shortText(search[name], ID_MAX)}</code>
              <span aria-hidden="true">×</span>
              <span className="spoken">{en.logs.remove}</span>
            </button>
          ),
      )}
    </div>
  );
}

interface ContextProps {
  group: ContextGroup;
  search: PlainSearch;
  names: ReadonlyMap<string, string>;
}

function Context({ group, search, names }: ContextProps) {
  const { agentId, agentName, contextId, tasks } = group;
  return (
    <section className="pb-6">
      <h2 className="flex flex-wrap items-baseline gap-x-3 border-ink-1 border-t pt-2 font-normal text-body">
        <Link to="." search={(now: PlainSearch) => ({ ...now, agent_id: agentId })} className="font-strong">
          {agentName === null ? said.unnamed : shortText(agentName, NAME_MAX)}
        </Link>
        <code className="text-ink-3">{agentId.slice(0, 8)}</code>
        {contextId === null ? (
          <span className="text-ink-2">{said.noContext}</span>
        ) : (
          <Link to="." search={(now: PlainSearch) => ({ ...now, agent_id: agentId, context_id: contextId })}>
            <code>{shortText(contextId, ID_MAX)}</code>
          </Link>
        )}
        {tasks.length > 1 && <span className="text-ink-2">{said.count(formatCount(tasks.length))}</span>}
      </h2>
      <table className="table slips">
        <caption className="spoken">{`${said.title}, ${contextId === null ? said.noContext : shortText(contextId, ID_MAX)}`}</caption>
        <thead className="spoken">
          <tr>
            <th scope="col">{said.task}</th>
            <th scope="col">{said.state}</th>
            <th scope="col">{said.payer}</th>
            <th scope="col">{said.since}</th>
          </tr>
        </thead>
        <tbody>
          {tasks.map(({ task_id, state, status_at, payer_org_id }) => {
            const isShown = search.task === task_id && search.of === agentId;
            return (
              <tr key={task_id} aria-current={isShown || undefined} className={isShown ? "bg-accent-wash" : ""}>
                <th scope="row">
                  <Link to="." search={(now: PlainSearch) => ({ ...now, task: task_id, of: agentId })}>
                    <code>{shortText(task_id, ID_MAX)}</code>
                  </Link>
                </th>
                <td className="wide:w-32">
                  <TaskState state={state} />
                </td>
                <td className="text-ink-2 wide:w-44" data-head={said.payer}>
                  {payer_org_id === null ? said.nobody : <OrgLabel id={payer_org_id} names={names} />}
                </td>
                <td className="text-right wide:w-20">
                  <Age at={status_at} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
