import { type Difference, diffDocuments } from "@agentgate/protocol/a2a";
import { formatCount, shortText, visibleText } from "@agentgate/protocol/format";
import type { Agent } from "../../agents/index.ts";
import { parseExact } from "../../http/index.ts";
import { type Html, html } from "../html.ts";
import { snippet } from "./agent-page.ts";
import { agentPath } from "./agent-view.ts";

export interface CardPage {
  agent: Agent;
  /** The gateway's card, as text. */
  card: string;
  /** The agent's own; undefined where it has none. */
  original: string | undefined;
}

/** Longer cards are shown as far as that, and lead to their JSON. */
const RAW_MAX = 20_000;
const VALUE_MAX = 300;
const DIFFERENCES_MAX = 100;
/** Longer ones are not even read here: a card may have a megabyte, and anybody may ask for its page as often as he likes. */
const READ_MAX = 100_000;

/** An agent's card as the gateway serves it, and what the gateway made otherwise than the agent. */
export function cardContent({ agent, card, original }: CardPage): Html {
  const isLarge = card.length > READ_MAX || (original?.length ?? 0) > READ_MAX;
  const pretty = isLarge ? card : JSON.stringify(JSON.parse(card), null, 2);
  return html`<header class="pt-6 pb-6"><p class="text-ink-3"><a href="${agentPath(agent)}" class="text-ink-2">${shortText(agent.name, 120)}</a> / Card</p>
<h1 class="pt-1 text-title">A2A card</h1>
<p class="max-w-prose pt-2 text-ink-2 text-prose">As this gateway serves it, signed: tasks and their money go through here, so addresses and security are the gateway's.</p></header>
<section class="border-ink-1 border-t pt-3 pb-8"><h2 class="pb-3 text-section">What differs from the agent's own</h2>
${
  original === undefined
    ? html`<p>The agent has no card: the gateway wrote this one from what it was registered with.</p>`
    : isLarge
      ? html`<p>The two are too large to be compared here. Both are below, as JSON.</p>`
      : differenceTable(diffDocuments(parseExact(original), JSON.parse(card)))
}</section>
<section class="border-ink-1 border-t pt-3"><h2 class="pb-3 text-section">Raw</h2>
${snippet("raw-card", pretty.slice(0, RAW_MAX))}
${pretty.length > RAW_MAX && html`<p>The first ${formatCount(RAW_MAX, "en")} of ${formatCount(pretty.length, "en")} characters.</p>`}
<p class="flex flex-wrap gap-x-5 pt-2"><a href="/agents/${agent.id}/card">As JSON</a>${original !== undefined && html` <a href="/agents/${agent.id}/upstream-card.json">The agent's own, as JSON</a>`}</p></section>`;
}

const differenceTable = (differences: readonly Difference[]): Html =>
  differences.length === 0
    ? html`<p>Nothing.</p>`
    : html`<table class="table slips table-fixed"><thead><tr><th scope="col" class="w-1/5">Member</th><th scope="col" class="w-1/3">The agent's own</th><th scope="col">Here</th></tr></thead><tbody>
${differences
  .slice(0, DIFFERENCES_MAX)
  .map(
    ({ path, before, after }) =>
      html`<tr><th scope="row"><code>${shortText(path, 120)}</code></th><td data-head="the agent's own">${shown(before)}</td><td data-head="here">${shown(after)}</td></tr>\n`,
  )}</tbody></table>${
        differences.length > DIFFERENCES_MAX &&
        html`<p class="pt-2 text-ink-2">The first ${DIFFERENCES_MAX}; the two documents have the others.</p>`
      }`;

function shown(value: unknown): Html | string {
  if (value === undefined) return "–";
  const text = JSON.stringify(value);
  return html`<code>${shortText(visibleText(text.slice(0, 20 * VALUE_MAX)), VALUE_MAX)}</code>`;
}
