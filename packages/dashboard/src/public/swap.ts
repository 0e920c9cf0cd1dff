const PAUSE_MS = 150;

interface Policy {
  createHTML(markup: string): string;
}
interface PolicyFactory {
  createPolicy(name: string, rules: Policy): Policy;
}

/** Markup of the gateway's own pages, as it came from there: the one place where a script writes markup. */
const ownPages: Policy = (
  (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes ?? { createPolicy: (_, rules) => rules }
).createPolicy("agentgate", { createHTML: (markup) => markup });

/**
 * `<form data-swap="id">` shows what it would find while one types: the same page is asked for, and what has this id in it takes the place of
 * what had it here. Without scripts the form is sent.
 */
export function swapWhileTyping(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-swap]")) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let asked: AbortController | undefined;
    const look = async () => {
      asked?.abort();
      asked = new AbortController();
      const url = new URL(form.action, location.href);
      const fields = [...new FormData(form)].filter((field): field is [string, string] => field[1] !== "");
      url.search = new URLSearchParams(fields).toString();
      const answer = await fetch(url, { signal: asked.signal, headers: { accept: "text/html" } });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(ownPages.createHTML(await answer.text()), "text/html");
      const id = form.dataset.swap!;
      const [found, shown] = [page.getElementById(id), document.getElementById(id)];
      if (!found || !shown) return;
      shown.replaceWith(document.adoptNode(found));
      history.replaceState(null, "", url);
    };
    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => void look().catch(() => {}), PAUSE_MS);
    });
  }
}
