export interface ServerSentEvent {
  /** `message` when the stream names none. */
  event: string;
  data: string;
}

/** Takes the text of an event stream as it arrives and gives the events that are complete (WHATWG HTML, section 9.2). */
export class ServerSentEventParser {
  readonly #charactersMax: number;
  #rest = "";
  #event = "";
  #data: string[] = [];
  #characters = 0;

  /** @param charactersMax of one event */
  constructor(charactersMax: number) {
    this.#charactersMax = charactersMax;
  }

  /** @throws RangeError when an event is too large */
  push(text: string): ServerSentEvent[] {
    // A final CR may be the first half of a CRLF.
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    const events = lines.flatMap((line) => this.#readLine(line) ?? []);
    if (this.#characters + this.#rest.length > this.#charactersMax) {
      throw new RangeError(`an event has more than ${this.#charactersMax} characters`);
    }
    return events;
  }

  #readLine(line: string): ServerSentEvent | undefined {
    if (line === "") return this.#dispatch();
    const [, field, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === "event") this.#event = value;
    if (field === "data") {
      this.#data.push(value);
      this.#characters += value.length;
    }
    return undefined;
  }

  #dispatch(): ServerSentEvent | undefined {
    const [event, data] = [this.#event || "message", this.#data];
    this.#event = "";
    this.#data = [];
    this.#characters = 0;
    return data.length > 0 ? { event, data: data.join("\n") } : undefined;
  }
}
