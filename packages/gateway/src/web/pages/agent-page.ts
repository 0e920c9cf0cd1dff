import { mcpSnippetsOf, SKILL_META } from "@agentgate/protocol";
import {
  formatCount,
  formatDuration,
  formatPercent,
  formatPrice,
  shortText,
  visibleText,
} from "@agentgate/protocol/format";
import { type Html, html } from "../html.ts";
import { medianOf, successOf } from "./agent-rows.ts";
import { type AgentView, agentPath, type ShownTool } from "./agent-view.ts";
import { type DayCount, dayBars } from "./day-bars.ts";
import { snippetsOf } from "./snippets.ts";
import { trial } from "./trial.ts";

export interface AgentPage {
  /** Where callers reach the gateway. */
  url: string;
  agent: AgentView;
  skills: readonly { id: string; name: string; description: string; price: bigint | undefined }[];
  tools: readonly ShownTool[];
  /** Of thirty days. */
  callDays: readonly DayCount[];
  p95Ms: number | null;
  /** ISO 8601. */
  lastSuccess: string | undefined;
  /** When it was registered: `2026-11-30`. */
  since: string;
  /** How many gave each rating, by `1` to `5`. */
  distribution: Readonly<Record<string, number>>;
  reviews: readonly { rating: number; comment: string; reviewer: string; day: string }[];
  /** What its A2A card says; undefined of one that has none. */
  card: CardFacts | undefined;
  /** How often the gateway looks at each agent, in seconds; 0 for never. */
  pingSeconds: number;
}

interface CardFacts {
  provider: string | undefined;
  speaks: readonly string[];
  streams: boolean;
  takes: readonly string[];
  gives: readonly string[];
  fetched: string;
}

const NAME_MAX = 120;
const SKILLS_MAX = 50;
const PLACES = [
  ["try", "Try"],
  ["call", "Call"],
  ["mcp", "Use from MCP"],
  ["skills", "Skills"],
  ["card", "Card"],
  ["reviews", "Reviews"],
] as const;

/** One agent: what it does, at what price, how it has done, and how it is called. What it says of itself is marked up by an allow-list. */
export const agentContent = (page: AgentPage, description: Html): Html => {
  const { agent } = page;
  return html`<header class="grid gap-4 pt-6 pb-6 broad:grid-cols-[minmax(0,1fr)_auto] broad:items-end">
<div class="min-w-0">
<p class="text-ink-3"><a href="/marketplace" class="text-ink-2">Marketplace</a> / ${agent.protocol}</p>
<h1 class="pt-1 text-title">${shortText(agent.name, NAME_MAX)} <span class="font-normal text-ink-3 text-section">${shortText(agent.version, 20)}</span></h1>
<p class="text-ink-3">${agent.protocol} · id <code>${agent.id}</code>${page.card?.provider !== undefined && html` · its card names ${shortText(page.card.provider, 60)}`} · here since ${page.since}</p>
</div>
<div class="flex flex-wrap items-center gap-4"><p class="text-section">${formatPrice(agent.price)} <span class="text-body text-ink-2">${agent.price > 0n ? (hasPrices(page) ? "a task, once it is completed; less for some skills" : "a task, once it is completed") : ""}</span></p><a href="#try" class="button button-primary">Try it</a></div>
</header>
${agent.isHealthy === false && html`<p class="mb-6 border-fail border-l-2 bg-fail-wash px-4 py-3"><strong>It did not answer the gateway's last ping.</strong> A task may fail; one that fails costs nothing.</p>`}
<h2 class="spoken">What it does</h2>
<div class="told max-w-prose pb-6 text-prose">${agent.description === "" ? html`<p>It says nothing of itself.</p>` : description}</div>
${record(page)}
<nav aria-label="On this page" class="mt-6 flex flex-wrap gap-x-5">${PLACES.map(
    ([id, name]) => html`<a href="#${id}" class="tab">${name}</a>\n`,
  )}</nav>
${place("try", "Try", trial(page))}
${place("call", "Call", callIt(page))}
${place("mcp", "Use from MCP", fromMcp(page))}
${place("skills", "Skills", skillList(page))}
${place("card", "Card", cardFacts(page))}
${place("reviews", "Reviews", reviewList(page))}`;
};

/** What the gateway asks an agent for, to see whether it answers. */
const LOOKS: Readonly<Record<string, string>> = {
  A2A: "for its card",
  MCP: "for its tools",
  website: "for its manifest",
};

const hasPrices = ({ skills }: AgentPage): boolean => skills.some(({ price }) => price !== undefined);

const place = (id: string, name: string, content: Html): Html =>
  html`<section id="${id}" aria-labelledby="${id}-head" class="scroll-mt-4 pb-8"><h2 id="${id}-head" class="border-ink-1 border-t pt-3 pb-3 text-section">${name}</h2>
${content}</section>`;

/** How it has done: of calls, which its callers made, and of pings, which the gateway did. */
function record({ agent, callDays, p95Ms, lastSuccess, pingSeconds }: AgentPage): Html {
  const { calls, pings } = agent;
  const looks = pings.reduce((sum, { all }) => sum + all, 0);
  const answered = looks - pings.reduce((sum, { failed }) => sum + failed, 0);
  const every = pingSeconds > 0 ? `about every ${formatDuration(pingSeconds * 1000)}` : "now and then";
  return html`<dl class="grid gap-x-8 gap-y-6 broad:grid-cols-2">
<div class="border-ink-1 border-t pt-2"><dt class="text-ink-2">Completes tasks</dt>
<dd class="flex flex-wrap items-baseline gap-x-4 gap-y-1"><span class="font-strong text-title">${successOf(agent)}</span>
<span>p50 ${medianOf(agent)}${p95Ms !== null && `, p95 ${formatDuration(p95Ms)}`}</span> <span>${calls ? `${formatCount(calls.all, "en")} ${calls.all === 1 ? "call" : "calls"} in 30 days` : "not called in 30 days"}</span></dd>
<dd class="py-2">${dayBars(callDays, "calls")}</dd>
<dd class="text-fine text-ink-3">Measured by its callers' tasks of the last 30 UTC days, today included. ${lastSuccess !== undefined && html`Last completed <time datetime="${lastSuccess}">${lastSuccess.slice(0, 16).replace("T", " ")} UTC</time>.`}</dd></div>
<div class="border-ink-1 border-t pt-2"><dt class="text-ink-2">Answers pings</dt>
<dd class="flex flex-wrap items-baseline gap-x-4 gap-y-1"><span class="font-strong text-title">${formatPercent(answered, looks) ?? "–"}</span>
<span>${looks === 0 ? "not pinged in 30 days" : `${formatCount(looks, "en")} ${looks === 1 ? "ping" : "pings"} in 30 days`}</span></dd>
<dd class="py-2">${dayBars(pings, "pings")}</dd>
<dd class="text-fine text-ink-3">Measured by the gateway, which asks ${LOOKS[agent.protocol] ?? "its /health"} ${every}. A ping is no task: it says that something answers there.</dd></div>
</dl>`;
}

function callIt(page: AgentPage): Html {
  const { agent, tools } = page;
  const snippets = snippetsOf(page);
  return html`<p class="pb-3">${
    agent.price > 0n
      ? `A completed task costs the payer ${formatPrice(agent.price)}: an organization whose key is shown, from its wallet. One that fails costs nothing.`
      : "A task is free."
  } ${agent.requiresKey && "Callers show a key of the agent's own, which its owner gives out."} ${tools.length > 0 && "A task is a call of one of its tools: this is the first of them, with arguments that are made up."}</p>
${snippets.map(
  ({ id, name, text }, at) =>
    html`<details name="call" class="border-line border-t py-2"${at === 0 && html` open`}><summary class="font-strong">${name}</summary>${snippet(`call-${id}`, text)}</details>`,
)}`;
}

function fromMcp({ url, agent, skills }: AgentPage): Html {
  const { id, slug, price, requiresKey } = agent;
  const snippets = mcpSnippetsOf({ url, id, slug, isPaid: price > 0n, requiresKey });
  const tools =
    skills.length === 0 ? "It is a tool" : skills.length === 1 ? "Its skill is a tool" : "Each of its skills is a tool";
  return html`<p class="pb-3">${tools} for clients of the Model Context Protocol: editors, chat programs, other agents. <a href="/guide/mcp">How others are set up</a>.</p>
${snippets.map(({ id, name, text }) => html`<h3 class="pt-2 font-strong">${name}</h3>${snippet(`mcp-${id}`, text)}`)}`;
}

export const snippet = (id: string, text: string): Html =>
  html`<div class="my-2 flex flex-wrap items-start gap-3 border border-line bg-sunken p-3 wide:flex-nowrap"><pre class="min-w-0 grow whitespace-pre-wrap"><code id="${id}">${visibleText(text)}</code></pre><button type="button" class="button shrink-0" data-copy="${id}" data-copied="Copied">Copy</button></div>`;

function skillList(page: AgentPage): Html {
  const { skills, agent } = page;
  return html`${hasPrices(page) && html`<p class="pb-3">${page.tools.length > 0 ? html`A task costs what the tool does that it calls` : html`A task costs what the skill does that its message names, as <code>metadata["${SKILL_META}"]</code>`}; one that names none, or a skill without a price here, costs ${formatPrice(agent.price)}.</p>`}${
    skills.length > 0
      ? html`<ul class="border-line border-t">${skills.slice(0, SKILLS_MAX).map(skill)}</ul>${
          skills.length > SKILLS_MAX &&
          html`<p class="pt-2 text-ink-2">And ${skills.length - SKILLS_MAX} more, which its <a href="/agents/${agent.id}/card">card</a> names.</p>`
        }`
      : html`<p>It names none.</p>`
  }${
    agent.tags.length > 0 &&
    html`<p class="pt-4 text-ink-2">Tags: ${agent.tags.map((tag) => html`<a href="/marketplace?tag=${encodeURIComponent(tag)}">${shortText(tag, 40)}</a> `)}</p>`
  }`;
}

const skill = ({ id, name, description, price }: AgentPage["skills"][number]): Html =>
  html`<li class="border-line border-b py-2"><strong>${shortText(name, NAME_MAX)}</strong>${id !== name && html` <code class="text-ink-3">${shortText(id, 60)}</code>`}${price !== undefined && html` <span class="numeric">${formatPrice(price)}</span>`}<p class="text-ink-2">${shortText(description, 400)}</p></li>\n`;

function cardFacts({ card, agent }: AgentPage): Html {
  const list = (texts: readonly string[]) =>
    texts
      .slice(0, 12)
      .map((text) => shortText(text, 40))
      .join(", ") || "–";
  return html`${
    card
      ? html`<dl class="facts"><dt>Speaks</dt><dd>${list(card.speaks)}; through the gateway 1.0 and 0.3</dd>
<dt>Streams</dt><dd>${card.streams ? "yes" : "no; the gateway streams its whole answer"}</dd>
<dt>Takes</dt><dd>${list(card.takes)}</dd><dt>Gives</dt><dd>${list(card.gives)}</dd>
<dt>Fetched</dt><dd>${card.fetched}</dd></dl>`
      : html`<p>It has none of its own: ${TAKES[agent.protocol] ?? "it takes plain tasks over HTTP"}, and the gateway writes a card for it, so that A2A clients can call it too.</p>`
  }
<p class="flex flex-wrap gap-x-5 gap-y-1 pt-4"><a href="${agentPath(agent)}/card">Raw${card ? ", and how it differs from the agent's own" : ""}</a> <a href="/agents/${agent.id}/card">As JSON</a>${card && html` <a href="/agents/${agent.id}/upstream-card.json">The agent's own, as JSON</a>`}</p>`;
}

const TAKES: Readonly<Record<string, string>> = {
  MCP: "it is an MCP server",
  website: "it is a website that agents call by its manifest",
};

function reviewList({ agent, reviews, distribution }: AgentPage): Html {
  const { average, count } = agent.rating;
  if (average === null)
    return html`<p>Nobody has rated it. Organizations that called it can: <code>POST /agents/${agent.id}/reviews</code>.</p>`;
  return html`<div class="grid gap-8 broad:grid-cols-[14rem_minmax(0,1fr)]">
<div><p><span class="font-strong text-title">${average.toFixed(1)}</span> of 5, by ${formatCount(count, "en")} ${count === 1 ? "caller" : "callers"}</p>
<table class="table"><caption class="spoken">Ratings</caption><thead class="spoken"><tr><th scope="col">Rating</th><th scope="col">Callers</th></tr></thead><tbody>${["5", "4", "3", "2", "1"].map((rating) => html`<tr><th scope="row">${rating}</th><td class="text-right">${formatCount(distribution[rating] ?? 0, "en")}</td></tr>`)}</tbody></table></div>
<ul class="min-w-0 border-line border-t">${reviews.map(
    ({ rating, comment, reviewer, day }) =>
      html`<li class="border-line border-b py-3"><p><strong>${rating} of 5</strong> <span class="text-ink-3">${shortText(reviewer, 60)}, ${day}</span></p><p class="whitespace-pre-wrap">${shortText(comment, 1_000)}</p></li>\n`,
  )}</ul></div>`;
}
