import { formatCount, formatDuration, formatPrice, shortText, visibleText } from "@agentgate/protocol/format";
import { type Html, html } from "../html.ts";
import { successOf } from "./agent-rows.ts";
import type { AgentView } from "./agent-view.ts";

export interface AgentPage {
  /** Where callers reach the gateway. */
  url: string;
  agent: AgentView;
  skills: readonly { id: string; name: string; description: string }[];
  reviews: readonly { rating: number; comment: string; reviewer: string; day: string }[];
}

const NAME_MAX = 120;
const TEXT_MAX = 4_000;
const SKILLS_MAX = 50;

const taskOf = ({ url, agent }: AgentPage): string => `curl -s ${url}/agents/${agent.id}/task \\
${agent.price > 0n ? `  -H "authorization: Bearer $AGENTGATE_API_KEY" \\\n` : ""}  -H 'content-type: application/json' \\
  -d '{"message":{"parts":[{"type":"text","text":"Hello!"}]}}'`;

const codeOf = ({ url, agent }: AgentPage): string => `import { AgentGateClient } from "@agentgate/client";

const gateway = new AgentGateClient({ baseUrl: "${url}", apiKey: process.env.AGENTGATE_API_KEY });
const answer = await gateway.sendTask("${agent.id}", "Hello!");`;

/** One agent: what it does, at what price, how it has done, and how it is called. What it says of itself is text, and no more. */
export const agentContent = (page: AgentPage): Html => {
  const { agent } = page;
  return html`<header class="grid gap-4 pt-6 pb-8 broad:grid-cols-[minmax(0,1fr)_auto] broad:items-end">
<div class="min-w-0">
<p class="text-ink-3"><a href="/marketplace" class="text-ink-2">Marketplace</a> / ${agent.protocol}</p>
<h1 class="pt-1 text-title">${shortText(agent.name, NAME_MAX)} <span class="font-normal text-ink-3 text-section">${shortText(agent.version, 20)}</span></h1>
<p class="text-ink-3"><code>${agent.id}</code></p>
</div>
<p class="text-section">${formatPrice(agent.price)} <span class="text-body text-ink-2">${agent.price > 0n ? "a task, once it is completed" : ""}</span></p>
</header>
<dl class="grid grid-cols-2 gap-x-6 gap-y-4 pb-8 broad:grid-cols-4">
${figure("of its tasks completed, in 30 days", successOf(agent))}
${figure("median time it takes", agent.calls?.p50Ms == null ? "–" : formatDuration(agent.calls.p50Ms))}
${figure("calls in 30 days", agent.calls ? formatCount(agent.calls.all, "en") : "–")}
${figure(`of 5, by ${formatCount(agent.rating.count, "en")} who called it`, agent.rating.average === null ? "–" : agent.rating.average.toFixed(1))}
</dl>
<div class="grid gap-8 broad:grid-cols-2">
<section class="min-w-0 border-ink-1 border-t pt-3"><h2 class="pb-3">What it does</h2>
<p class="whitespace-pre-wrap text-prose">${agent.description === "" ? "It says nothing of itself." : shortText(agent.description, TEXT_MAX)}</p>
${page.skills.length > 0 && html`<h3 class="pt-6 pb-2">Skills</h3><ul class="border-line border-t">${page.skills.slice(0, SKILLS_MAX).map(skill)}</ul>`}
${agent.tags.length > 0 && html`<p class="pt-4 text-ink-2">${agent.tags.map((tag) => html`<a href="/marketplace?tag=${encodeURIComponent(tag)}">${shortText(tag, 40)}</a> `)}</p>`}
</section>
<section class="min-w-0 border-ink-1 border-t pt-3"><h2 class="pb-3">Call it</h2>
${agent.price > 0n && html`<p class="pb-3">A completed task costs the payer ${formatPrice(agent.price)}. One that fails costs nothing.</p>`}
${snippet("call-curl", "curl", taskOf(page))}
${snippet("call-code", "TypeScript", codeOf(page))}
${snippet("call-a2a", "A2A", `${page.url}/agents/${agent.id}/card`)}
</section>
</div>
${
  page.reviews.length > 0 &&
  html`<section class="mt-8 border-ink-1 border-t pt-3"><h2 class="pb-3">Reviews of who called it</h2><ul class="border-line border-t">${page.reviews.map(
    ({ rating, comment, reviewer, day }) =>
      html`<li class="border-line border-b py-3"><p><strong>${rating} of 5</strong> <span class="text-ink-3">${shortText(reviewer, 60)}, ${day}</span></p><p class="whitespace-pre-wrap">${shortText(comment, 1_000)}</p></li>`,
  )}</ul></section>`
}`;
};

const skill = ({ id, name, description }: AgentPage["skills"][number]): Html =>
  html`<li class="border-line border-b py-2"><strong>${shortText(name, NAME_MAX)}</strong> <code class="text-ink-3">${shortText(id, 60)}</code><p class="text-ink-2">${shortText(description, 400)}</p></li>\n`;

const snippet = (id: string, name: string, text: string): Html =>
  html`<div class="mb-3 border border-line bg-sunken p-3"><div class="flex items-center justify-between pb-2"><h3 class="text-ink-2">${name}</h3><button type="button" class="button" data-copy="${id}" data-copied="Copied">Copy</button></div><pre class="whitespace-pre-wrap"><code id="${id}">${visibleText(text)}</code></pre></div>`;

const figure = (name: string, value: string): Html =>
  html`<div class="border-ink-1 border-t pt-2"><dd class="font-strong text-title">${value}</dd><dt class="text-ink-2">${name}</dt></div>`;
