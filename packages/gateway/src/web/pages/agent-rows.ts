import { formatCount, formatDuration, formatPercent, formatPrice, shortText } from "@agentgate/protocol/format";
import { type Html, html } from "../html.ts";
import { type AgentView, agentPath, firstLine } from "./agent-view.ts";

const NAME_MAX = 60;
const TAGS_MAX = 4;

/** Agents as rows under hairlines; on a narrow screen each is a slip of a few lines. */
export const agentRows = (agents: readonly AgentView[]): Html => html`<ul class="border-line border-t">
${agents.map(agentRow)}</ul>`;

const agentRow = (
  agent: AgentView,
): Html => html`<li class="grid gap-x-6 gap-y-1 border-line border-b py-3 wide:grid-cols-[minmax(0,1fr)_14rem]">
<div class="min-w-0">
<a href="${agentPath(agent)}" class="font-strong text-prose">${shortText(agent.name, NAME_MAX)}</a>
<span class="text-ink-3">${shortText(agent.version, 20)}</span>
<p class="text-ink-2">${firstLine(agent.description)}</p>
<p class="text-fine text-ink-3">${[agent.protocol, ...agent.tags.slice(0, TAGS_MAX)].map((tag) => shortText(tag, 30)).join(" · ")}</p>
</div>
<dl class="flex flex-wrap gap-x-6 gap-y-1 wide:justify-end">
${fact("a task", formatPrice(agent.price))}
${agent.calls && fact("completed", successOf(agent))}
${agent.calls?.p50Ms != null && fact("median", formatDuration(agent.calls.p50Ms))}
${ratingOf(agent)}
</dl>
</li>
`;

export const successOf = ({ calls }: AgentView): string => (calls && formatPercent(calls.ok, calls.all)) ?? "–";

const fact = (name: string, value: string): Html =>
  html`<div class="wide:text-right"><dd class="whitespace-nowrap font-strong">${value}</dd><dt class="text-fine text-ink-3">${name}</dt></div>`;

const ratingOf = ({ rating: { average, count } }: AgentView): Html | false =>
  average !== null && fact(`of 5, ${formatCount(count, "en")} rated`, average.toFixed(1));
