import type { FastifyReply, FastifyRequest } from "fastify";
import { html } from "./html.ts";
import type { Assets } from "./pages/assets.ts";
import { glyph, themeOf, writePage } from "./pages/page.ts";
import { sendOwnPage } from "./pages/send-page.ts";

export interface SignInFacts {
  /** A code that can be used, and whose session it begins. */
  offer?: { code: string; whose: string } | undefined;
  /** Why it did not work. */
  trouble?: string | undefined;
  /** Where one is afterwards. */
  next: string;
}

/** The form that begins a session. It needs no script. */
export function sendSignInPage(
  request: FastifyRequest,
  reply: FastifyReply,
  assets: Pick<Assets, "pages">,
  status: number,
  { offer, trouble, next }: SignInFacts,
): FastifyReply {
  const fields = offer
    ? html`<input type="hidden" name="code" value="${offer.code}"><p>This link signs you in as <strong>${offer.whose}</strong>, once.</p>`
    : html`<label>API key: the admin's, or one of an organization<input class="field mt-1" name="key" type="password" autocomplete="current-password" required autofocus${trouble !== undefined && html` aria-invalid="true" aria-describedby="trouble"`}></label>
<p class="text-ink-2">It is sent once, and not stored in this browser: a cookie that no script can read takes its place, for a week at most.</p>`;
  const body = html`<main class="mx-auto grid max-w-md gap-6 px-4 pt-[14vh] pb-16">
<a href="/" class="flex items-center gap-2 font-strong text-ink-1 no-underline">${glyph()} AgentGate</a>
<h1 class="text-title">Sign in</h1>
${trouble !== undefined && html`<p role="alert" id="trouble" class="border-fail border-l-2 bg-fail-wash px-4 py-3">${trouble}</p>`}
<form method="post" action="/sign-in" class="grid gap-4">
${fields}
<input type="hidden" name="next" value="${next}">
<div><button class="button button-primary">Sign in</button></div>
</form>
<p class="border-line border-t pt-4 text-ink-2">No key at hand? <code>npm start</code> prints a link that signs in once, and <code>agentgate open</code> makes one from the key it is used with.</p>
</main>`;
  const head = { title: "Sign in · AgentGate", entry: "public" } as const;
  return sendOwnPage(reply.code(status), writePage(themeOf(request), assets.pages, head, body));
}
