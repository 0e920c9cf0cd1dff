import { qualityOf } from "./accept.ts";
import { titleOf } from "./problem.ts";

const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

/** Whether this Accept header ranks HTML above JSON, as a browser's does. */
export function prefersHtml(accept: string | undefined): boolean {
  const json = Math.max(qualityOf(accept, "application/json"), qualityOf(accept, "application/problem+json"));
  return qualityOf(accept, "text/html") > json;
}

/** A small page for people who opened an address in a browser. */
export function errorPage(status: number, detail: string): string {
  const title = titleOf(status);
  const words = detail === title ? "There is nothing at this address." : detail;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${status} ${title}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 36rem; margin: 18vh auto 0; padding: 0 1.5rem; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; } p { opacity: .75; } a { color: inherit; }
</style>
<h1>${status} ${title}</h1>
<p>${escapeHtml(words)}</p>
<p><a href="/docs">API documentation</a></p>
</html>
`;
}
