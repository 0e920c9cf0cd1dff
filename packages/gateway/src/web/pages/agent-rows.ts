import { formatCount, formatDuration, formatPercent, formatPrice, shortText } from "@agentgate/protocol/format";
import { type Html, html } from "../html.ts";
import { type AgentView, agentPath, firstLine } from "./agent-view.ts";
import { dayBars } from "./day-bars.ts";

const NAME_MAX = 60;
const SKILLS_MAX = 4;

/** Agents as rows under hairlines; on a narrow screen each is a slip of a few lines. */
export const agentRows = (agents: readonly AgentView[]): Html => html`<table class="table slips agents">
<thead><tr><th scope="col">Agent</th><th scope="col" class="text-right">A task</th><th scope="col" class="text-right">Completed</th><th scope="col" class="text-right">Median</th><th scope="col" class="text-right">Rated</th><th scope="col">Pings, 30 days</th></tr></thead>
<tbody>
${agents.map(agentRow)}</tbody></table>`;

const agentRow = (agent: AgentView): Html => html`<tr>
<th scope="row"><a href="${agentPath(agent)}" class="font-strong text-prose">${shortText(agent.name, NAME_MAX)}</a>
<span class="text-ink-3">${shortText(agent.version, 20)}</span>
${agent.isHealthy === false && html`<span class="whitespace-nowrap text-fail"><span aria-hidden="true">✕</span> not answering</span>`}
<p class="text-body text-ink-2">${firstLine(agent.description)}</p>
<p class="text-fine text-ink-3">${knownFor(agent)}</p></th>
<td class="text-right" data-head="a task">${formatPrice(agent.price)}</td>
<td class="text-right" data-head="completed">${successOf(agent)}</td>
<td class="text-right" data-head="median">${medianOf(agent)}</td>
<td class="text-right${agent.rating.average === null ? " max-wide:hidden" : ""}" data-head="rated">${ratingOf(agent)}</td>
<td data-head="pings">${dayBars(agent.pings, "pings")}</td>
</tr>
`;

function knownFor({ protocol, skills, tags }: AgentView): string {
  const names = skills.length > 0 ? skills : tags;
  const more = names.length - SKILLS_MAX;
  const some = names.slice(0, SKILLS_MAX).map((name) => shortText(name, 30));
  return [protocol, ...some, ...(more > 0 ? [`${more} more`] : [])].join(" · ");
}

export const successOf = ({ calls }: AgentView): string => (calls && formatPercent(calls.ok, calls.all)) ?? "–";

export const medianOf = ({ calls }: AgentView): string => (calls?.p50Ms == null ? "–" : formatDuration(calls.p50Ms));

const ratingOf = ({ rating: { average, count } }: AgentView): Html | string =>
  average === null
    ? "–"
    : html`${average.toFixed(1)} <span class="text-ink-3">(<span class="spoken">by </span>${formatCount(count, "en")})</span>`;
