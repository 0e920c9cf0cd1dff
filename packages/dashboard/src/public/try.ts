import { formatDuration, visibleText } from "@agentgate/protocol/format";

const SHOWN_MAX = 50_000;

/**
 * `<form data-try="address">` sends what is in it as a task and shows the answer as it comes. Whatever an agent answers is text, and hides
 * nothing.
 */
export function tryOnSubmit(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-try]")) {
    const part = <T extends HTMLElement>(name: string): T => form.querySelector<T>(`[data-${name}]`)!;
    const [run, stop] = [form.querySelector<HTMLButtonElement>("button:not([type])")!, part<HTMLButtonElement>("stop")];
    let asked: AbortController | undefined;
    // Another tool takes other arguments.
    const tool = form.elements.namedItem("tool") as HTMLSelectElement | null;
    tool?.addEventListener("change", () => {
      const given = form.elements.namedItem("arguments") as HTMLTextAreaElement;
      given.value = tool.selectedOptions[0]?.dataset.arguments ?? "{}";
    });
    stop.addEventListener("click", () => asked?.abort());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (asked) return;
      asked = new AbortController();
      [run.disabled, stop.hidden, part("answer").hidden] = [true, false, false];
      const shown = new Shown(part("state"), part("time"), part("text"), part("raw"));
      void send(form.dataset.try!, new FormData(form), shown, asked.signal)
        .catch((error: unknown) =>
          shown.end(
            asked?.signal.aborted
              ? "Stopped. Nobody was charged."
              : `The connection broke: ${`${error}`.slice(0, 200)}`,
          ),
        )
        .finally(() => {
          [run.disabled, stop.hidden, asked] = [false, true, undefined];
        });
    });
  }
}

/** What is seen of an answer. */
class Shown {
  readonly #state: HTMLElement;
  readonly #time: HTMLElement;
  readonly #text: HTMLElement;
  readonly #raw: HTMLElement;
  readonly #started = performance.now();
  #length = 0;

  constructor(state: HTMLElement, time: HTMLElement, text: HTMLElement, raw: HTMLElement) {
    [this.#state, this.#time, this.#text, this.#raw] = [state, time, text, raw];
    [this.#state.textContent, this.#time.textContent, this.#text.textContent] = ["Sent", "", ""];
    this.#raw.hidden = true;
  }

  says(state: string): void {
    this.#state.textContent = visibleText(state.slice(0, 500));
  }

  add(text: string): void {
    if (this.#length > SHOWN_MAX) return;
    this.#length += text.length;
    this.#text.append(visibleText(text.slice(0, SHOWN_MAX)));
  }

  /** The whole answer takes the place of its pieces. */
  result(body: string): void {
    this.#text.textContent = visibleText(textOf(body).slice(0, SHOWN_MAX));
    this.#raw.hidden = false;
    this.#raw.querySelector("pre")!.textContent = visibleText(body.slice(0, SHOWN_MAX));
    this.end("Completed. Nobody was charged.");
  }

  end(state: string): void {
    this.says(state);
    this.#time.textContent = `${formatDuration(performance.now() - this.#started)} in this browser`;
  }
}

/** What the form asks of the agent: a text, or a tool with its arguments. */
function partOf(fields: FormData): unknown {
  const tool = fields.get("tool");
  if (tool === null) return { type: "text", text: `${fields.get("text") ?? ""}` };
  return { type: "data", data: { tool, arguments: JSON.parse(`${fields.get("arguments")}`) as unknown } };
}

async function send(url: string, fields: FormData, shown: Shown, signal: AbortSignal): Promise<void> {
  let part: unknown;
  try {
    part = partOf(fields);
  } catch {
    return shown.end("The arguments are no JSON. Nothing was sent.");
  }
  const answer = await fetch(url, {
    method: "POST",
    signal,
    headers: { "content-type": "application/json", accept: "text/event-stream" },
    body: JSON.stringify({ message: { parts: [part] } }),
  });
  if (!answer.ok || !answer.body) return shown.end(await refusalOf(answer));
  let rest = "";
  let isOver = false;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value = "" } = await reader.read();
    if (done) break;
    rest += value;
    const events = rest.split("\n\n");
    rest = events.pop()!;
    for (const event of events) isOver = show(event, shown) || isOver;
  }
  if (!isOver) shown.end("The stream ended before the answer did.");
}

/** @returns whether it was the last */
function show(event: string, shown: Shown): boolean {
  const lines = event.split("\n");
  const kind = lines.find((line) => line.startsWith("event: "))?.slice(7);
  const data = lines.flatMap((line) => (line.startsWith("data: ") ? [line.slice(6)] : [])).join("\n");
  if (kind === "status") shown.says(data);
  else if (kind === "chunk") shown.add(data);
  else if (kind === "result") shown.result(data);
  else if (kind === "error") shown.end(`${data} Nobody was charged.`);
  return kind === "result" || kind === "error";
}

async function refusalOf(answer: Response): Promise<string> {
  const problem = (await answer.json().catch(() => ({}))) as { detail?: unknown };
  const detail = toldIn(problem.detail) ?? `Refused with ${answer.status}`;
  const id = answer.headers.get("x-request-id");
  return `${detail}. Nobody was charged.${id === null ? "" : ` Request ${id}`}`;
}

/** A sentence, or what was found wrong, one by one. */
function toldIn(detail: unknown): string | undefined {
  if (typeof detail === "string") return detail;
  if (!Array.isArray(detail)) return undefined;
  const told = (detail as { loc?: unknown[]; msg?: unknown }[]).map(
    ({ loc, msg }) => `${loc?.at(-1) ?? ""}: ${msg ?? ""}`,
  );
  return told.join("; ").slice(0, 400);
}

/** The texts and data of an answer; where it has none, the answer itself. */
function textOf(body: string): string {
  const texts: string[] = [];
  const look = (value: unknown, depth: number): void => {
    if (typeof value !== "object" || value === null || depth > 8) return;
    const { text, data, parts, artifacts, message, result, status } = value as Record<string, unknown>;
    if (typeof text === "string") texts.push(text);
    else if (typeof data === "object" && data !== null) texts.push(JSON.stringify(data, null, 2));
    for (const within of [artifacts, message, parts, result, status].flat()) look(within, depth + 1);
  };
  try {
    look(JSON.parse(body), 0);
  } catch {
    return body;
  }
  return texts.join("\n\n") || body;
}
