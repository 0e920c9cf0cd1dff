import { formatCount, formatDuration, formatPercent, shortText } from "@agentgate/protocol/format";
import { type Html, html } from "../html.ts";
import { type AgentView, agentPath } from "./agent-view.ts";
import { dayBars } from "./day-bars.ts";
import { dayName, type StatusFacts } from "./public-directory.ts";

const DAYS_LISTED = 7;

/** How the gateway and its agents have done, of ninety UTC days; with what is measured, and what is not. */
export function statusContent({ days, agents, total, unwell, page, hasMore }: StatusFacts): Html {
  const calls = days.reduce((sum, day) => sum + day.calls, 0);
  const errors = days.reduce((sum, day) => sum + day.errors, 0);
  const counts = days.map((day) => ({ day: dayName(day.day), all: day.calls, failed: day.errors }));
  return html`<h1 class="pt-6 text-title">Status</h1>
<p class="max-w-prose pt-2 pb-6 text-ink-2 text-prose">The gateway answers: it wrote this page. Whether it can take calls now, its database included, <a href="/health/ready">/health/ready</a> says.</p>
${
  unwell.length > 0 &&
  html`<section class="mb-8 border-fail border-l-2 bg-fail-wash px-4 py-3"><h2 class="pb-2">Not answering pings now</h2><ul>${unwell.map(
    (agent) =>
      html`<li><span aria-hidden="true" class="text-fail">✕</span> <a href="${agentPath(agent)}">${shortText(agent.name, 60)}</a></li>\n`,
  )}</ul></section>`
}
<section class="border-ink-1 border-t pt-3 pb-8"><h2 class="pb-3 text-section">The gateway, ${days.length} days</h2>
<dl class="flex flex-wrap gap-x-10 gap-y-4 pb-3">
${figure("calls to public agents", formatCount(calls, "en"))}
${figure("of them completed", formatPercent(calls - errors, calls) ?? "–")}
${figure("failed", formatCount(errors, "en"))}
</dl>
${dayBars(counts, "calls")}
<table class="table mt-4 max-w-prose"><caption class="pb-1 text-left text-ink-2">The last ${DAYS_LISTED} days; days are UTC, the first is unfinished</caption>
<thead><tr><th scope="col">Day</th><th scope="col" class="text-right">Calls</th><th scope="col" class="text-right">Completed</th><th scope="col" class="text-right">Gateway p50</th><th scope="col" class="text-right">p99</th></tr></thead><tbody>
${days
  .slice(-DAYS_LISTED)
  .toReversed()
  .map(
    (day) =>
      html`<tr><th scope="row">${dayName(day.day)}</th><td class="text-right">${formatCount(day.calls, "en")}</td><td class="text-right">${formatPercent(day.calls - day.errors, day.calls) ?? "–"}</td><td class="text-right">${time(day.gatewayP50Ms)}</td><td class="text-right">${time(day.gatewayP99Ms)}</td></tr>\n`,
  )}</tbody></table>
<p class="max-w-prose pt-3 text-fine text-ink-3">Counted from calls. A call that failed mostly says something of the agent it went to; the gateway's own time is what a call took beside its agent, within 5 %. The gateway does not watch itself: on a day on which it was down there are no calls, as on one on which nobody called. For its uptime, have something elsewhere ask <code>/health</code>.</p>
</section>
<section class="border-ink-1 border-t pt-3"><div class="flex flex-wrap items-baseline justify-between gap-x-4 pb-3"><h2 class="text-section">Agents, ${days.length} days of pings</h2><p class="text-ink-2">${formatCount(total, "en")}, those called most first</p></div>
${agents.length === 0 ? html`<p>No agent is registered yet.</p>` : agentTable(agents)}
${pager(page, hasMore)}
<p class="max-w-prose pt-3 text-fine text-ink-3">Counted from the gateway's own looks at each agent, which say that something answers there. Whether tasks succeed is on each agent's page, from its calls. A dot is a day without a ping.</p>
</section>`;
}

const agentTable = (agents: readonly AgentView[]): Html => html`<table class="table slips status">
<thead><tr><th scope="col">Agent</th><th scope="col">Now</th><th scope="col" class="text-right">Pings answered</th><th scope="col">By day</th></tr></thead><tbody>
${agents.map((agent) => {
  const all = agent.pings.reduce((sum, day) => sum + day.all, 0);
  const failed = agent.pings.reduce((sum, day) => sum + day.failed, 0);
  return html`<tr><th scope="row"><a href="${agentPath(agent)}">${shortText(agent.name, 60)}</a></th><td>${nowOf(agent)}</td><td class="text-right" data-head="pings answered">${formatPercent(all - failed, all) ?? "–"}</td><td>${dayBars(agent.pings, "pings")}</td></tr>\n`;
})}</tbody></table>`;

const nowOf = ({ isHealthy }: AgentView): Html =>
  isHealthy === undefined
    ? html`<span class="text-ink-3"><span aria-hidden="true">○</span> not looked at yet</span>`
    : isHealthy
      ? html`<span aria-hidden="true">●</span> answers`
      : html`<span class="text-fail"><span aria-hidden="true">✕</span> does not answer</span>`;

const time = (ms: number | null): string => (ms === null ? "–" : formatDuration(ms));

const figure = (name: string, value: string): Html =>
  html`<div><dd class="font-strong text-title">${value}</dd><dt class="text-ink-2">${name}</dt></div>`;

const pager = (page: number, hasMore: boolean): Html | false =>
  (hasMore || page > 1) &&
  html`<nav aria-label="More agents" class="flex justify-between pt-4">${
    page > 1 ? html`<a rel="prev" href="/status${page > 2 && `?page=${page - 1}`}">Before</a>` : html`<span></span>`
  }${hasMore && html`<a rel="next" href="/status?page=${page + 1}">More agents</a>`}</nav>`;
