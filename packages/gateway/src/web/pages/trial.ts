import { argumentsLike } from "@agentgate/protocol";
import { formatPrice, shortText, visibleText } from "@agentgate/protocol/format";
import { type Html, html } from "../html.ts";
import type { AgentView, ShownTool } from "./agent-view.ts";

const TEXT_MAX = 10_000;
const TOOLS_MAX = 100;

/** A task from the page. What costs nothing and asks for no key anybody may send; of others it says which key is needed, and what for. */
export function trial({ agent, tools }: { agent: AgentView; tools: readonly ShownTool[] }): Html {
  const { id, price, requiresKey } = agent;
  const free = tools.filter((tool) => tool.price === 0n);
  if (requiresKey || (tools.length > 0 ? free.length === 0 : price > 0n)) return notHere(agent);
  return html`<form data-try="/agents/${id}/task/stream" class="grid max-w-prose gap-3">
${tools.length > 0 ? toolFields(free) : textField}
<p class="flex flex-wrap items-center gap-3"><button class="button button-primary">Run</button> <button type="button" class="button" data-stop hidden>Stop</button> <span>Cost: <strong>Free</strong>. Nobody is charged.</span></p>
${answer}
</form>
<noscript><p>To run it from this page takes scripts. <a href="#call">The curl below</a> does the same.</p></noscript>
${free.length < tools.length && html`<p class="pt-3 text-ink-2">Its other tools cost something: <a href="/dashboard/agents/${id}?tab=try">try them signed in</a>.</p>`}`;
}

/** One task that is always the same, with a button. */
export const oneRun = ({
  id,
}: Pick<AgentView, "id">): Html => html`<form data-try="/agents/${id}/task/stream" class="grid gap-3 pt-3">
<input type="hidden" name="text" value="Hello!">
<p class="flex flex-wrap items-center gap-3"><button class="button button-primary">Run</button> <button type="button" class="button" data-stop hidden>Stop</button> <span class="text-ink-2">The same from this page. Free: nobody is charged.</span></p>
${answer}
</form>`;

const textField = html`<label>Message<textarea class="field mt-1" name="text" rows="3" maxlength="${TEXT_MAX}" required>Hello!</textarea></label>`;

/** Which tool, and its arguments: some that its schema might be meant for, to begin with. */
const toolFields = (tools: readonly ShownTool[]): Html => html`<label>Tool<select class="field mt-1" name="tool">${tools
  .slice(0, TOOLS_MAX)
  .map(
    ({ id, inputSchema }) =>
      html`<option value="${id}" data-arguments="${exampleOf(inputSchema)}">${shortText(id, 120)}</option>`,
  )}</select></label>
<label>Arguments, as JSON<textarea class="field mt-1 font-mono" name="arguments" rows="5" maxlength="${TEXT_MAX}" spellcheck="false" required>${exampleOf(tools[0]!.inputSchema)}</textarea></label>`;

const exampleOf = (schema: unknown): string => visibleText(JSON.stringify(argumentsLike(schema), null, 2));

const answer = html`<div data-answer hidden class="border border-line bg-sunken p-3"><p class="flex flex-wrap justify-between gap-2 text-ink-2"><span data-state role="status"></span><span data-time></span></p><pre data-text class="whitespace-pre-wrap pt-2"></pre>
<details data-raw hidden class="pt-2"><summary>The whole answer</summary><pre class="whitespace-pre-wrap pt-2"></pre></details></div>`;

const notHere = ({ id, price, requiresKey }: AgentView): Html =>
  html`<p>${
    price > 0n &&
    html`A completed task costs <strong>${formatPrice(price)}</strong>, so it takes the key of an organization with that much in its wallet. `
  }${requiresKey && html`It takes the agent's own key, which its owner gives out. `}This page asks for no keys.</p>
<p class="flex flex-wrap gap-3 pt-3"><a class="button" href="/dashboard/agents/${id}?tab=try">Try it signed in</a><a class="button" href="#call">Call it from elsewhere</a></p>`;
