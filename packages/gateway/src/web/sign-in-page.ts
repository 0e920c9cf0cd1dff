import { hash } from "node:crypto";
import type { FastifyReply } from "fastify";
import { Html, html } from "./html.ts";

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 28rem; margin: 14vh auto 0; padding: 0 1.5rem; }
h1 { font-size: 1.5rem; } label, input, button { display: block; font: inherit; }
input { width: 100%; box-sizing: border-box; margin: .25rem 0 1rem; padding: .5rem; } button { padding: .5rem 1rem; }
`;

/** Nothing but this page's own style, and its form to this gateway. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${hash("sha256", STYLE, "base64")}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

export interface SignInFacts {
  /** A code that can be used, and whose session it begins. */
  offer?: { code: string; whose: string } | undefined;
  /** Why it did not work. */
  trouble?: string | undefined;
}

/** The form that begins a session. It needs no script. */
export function sendSignInPage(reply: FastifyReply, status: number, { offer, trouble }: SignInFacts): FastifyReply {
  const fields = offer
    ? html`<input type="hidden" name="code" value="${offer.code}"><p>This link signs you in as <strong>${offer.whose}</strong>, once.</p>`
    : html`<label for="key">API key: the admin's, or one of an organization</label>
<input id="key" name="key" type="password" autocomplete="current-password" required>`;
  const page = html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Sign in · AgentGate</title>
<style>${new Html(STYLE)}</style>
<h1>Sign in</h1>
${trouble !== undefined && html`<p role="alert">${trouble}</p>`}
<form method="post" action="/sign-in">
${fields}
<button>Sign in</button>
</form>
</html>
`;
  return reply
    .code(status)
    .headers({ "content-security-policy": POLICY, "cache-control": "no-store" })
    .type("text/html; charset=utf-8")
    .send(page.text);
}
