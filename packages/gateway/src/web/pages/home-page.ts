import { callSnippetsOf } from "@agentgate/protocol";
import { formatCount, formatDuration, formatPercent, shortText } from "@agentgate/protocol/format";
import { type Html, html } from "../html.ts";
import { agentRows } from "./agent-rows.ts";
import type { AgentView } from "./agent-view.ts";
import { oneRun } from "./trial.ts";

export interface HomeFacts {
  /** Where callers reach the gateway. */
  url: string;
  agents: readonly AgentView[];
  /** Of all agents, the last day. */
  live: { agents: number; calls: number; ok: number; gatewayP50Ms: number | null };
}

/** A call that works when it is pasted. */
const curlOf = (url: string, { id, price, requiresKey }: AgentView): string =>
  callSnippetsOf({ url, id, isPaid: price > 0n, requiresKey })[0]!.text;

const takesTexts = ({ protocol }: AgentView): boolean => protocol === "A2A" || protocol === "plain";
const isOpen = (agent: AgentView): boolean => takesTexts(agent) && agent.price === 0n && !agent.requiresKey;

export function homeContent({ url, agents, live }: HomeFacts): Html {
  // What takes texts, and nobody's money.
  const free = agents.find((agent) => isOpen(agent)) ?? agents.find(takesTexts);
  return html`<section class="grid gap-10 pt-10 pb-12 broad:grid-cols-2 broad:items-end">
<div>
<h1 class="text-display">Call any agent. Pay for what it completes.</h1>
<p class="max-w-prose pt-4 text-ink-2 text-prose">AgentGate puts agents, tools and websites behind one address: found, called over A2A or plain HTTP, limited, logged, and charged exactly once.</p>
</div>
<dl class="grid grid-cols-2 gap-x-6 gap-y-4">
${figure("agents", formatCount(live.agents, "en"))}
${figure("calls in 24 h", formatCount(live.calls, "en"))}
${figure("completed", formatPercent(live.ok, live.calls) ?? "–")}
${figure("the gateway's own time, median", live.gatewayP50Ms === null ? "–" : formatDuration(live.gatewayP50Ms))}
</dl>
</section>
${
  free
    ? html`<section class="border-ink-1 border-t pt-3 pb-12">
<h2 class="pb-3">Call ${shortText(free.name, 60)}, now</h2>
<div class="flex flex-wrap items-start gap-3 border border-line bg-sunken p-3"><pre class="min-w-0 grow whitespace-pre-wrap"><code id="first-call">${curlOf(url, free)}</code></pre>
<button type="button" class="button shrink-0" data-copy="first-call" data-copied="Copied">Copy</button></div>
${isOpen(free) && oneRun(free)}
</section>`
    : ""
}${
  agents.length > 0
    ? html`<section><div class="flex items-baseline justify-between gap-4 pb-3"><h2>Agents here</h2><a href="/marketplace">All agents</a></div>
${agentRows(agents)}</section>`
    : html`<section class="border-ink-1 border-t pt-3"><h2 class="pb-3">No agent is here yet</h2>
<p>Register the first: its name and where it answers.</p>
<div class="mt-3 flex flex-wrap items-start gap-3 border border-line bg-sunken p-3"><pre class="min-w-0 grow whitespace-pre-wrap"><code id="first-agent">${registration(url)}</code></pre>
<button type="button" class="button shrink-0" data-copy="first-agent" data-copied="Copied">Copy</button></div></section>`
}`;
}

const registration = (url: string): string => `curl -s ${url}/agents/ \\
  -H "authorization: Bearer $AGENTGATE_API_KEY" -H 'content-type: application/json' \\
  -d '{"name":"my-agent","url":"http://127.0.0.1:9000"}'`;

const figure = (name: string, value: string): Html =>
  html`<div class="border-ink-1 border-t pt-2"><dd class="font-strong text-title">${value}</dd><dt class="text-ink-2">${name}</dt></div>`;
