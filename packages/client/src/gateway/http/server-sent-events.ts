export interface ServerSentEvent {
  /** Empty when the stream names none: to others that is `message`. */
  event: string;
  data: string;
  /** Where the stream goes on after a break, when it says so, else empty. An event that is nothing else has no data. */
  id: string;
}

/**
 * Takes the text of an event stream as it arrives and gives the events that are complete (WHATWG HTML, section 9.2).
 *
 * @param charactersMax - of one event
 * @param tooLarge - makes what is thrown when an event is larger
 */
export function serverSentEventParser(
  charactersMax: number,
  tooLarge: () => Error,
): (text: string) => ServerSentEvent[] {
  let rest = "";
  let event = "";
  let data = "";
  let id = "";
  let pieces = 0;
  let endsInCr: boolean | undefined;
  return (text) => {
    const events: ServerSentEvent[] = [];
    // A final CR ends its line at once: an LF that comes next belongs to it.
    rest += endsInCr ? text.replace(/^\n/, "") : text;
    if (text) endsInCr = /\r$/.test(text);
    // A line is looked at when it is complete, not with every piece of it, of which there may be millions; but now and then,
    // as that also makes one text of them.
    const lines = pieces++ % 4_000 && !/[\r\n]/.test(text) ? [rest] : rest.split(/\r\n?|\n/);
    rest = lines.pop()!;
    for (const line of lines) {
      const [, field, value = ""] = /^(event|data|id)(?:: ?(.*))?$/s.exec(line) ?? [];
      if (field === "data") data += `${value}\n`;
      else if (field === "id") id = value;
      else if (field) event = value;
      else if (!line) {
        if (data || id) events.push({ event, data: data.slice(0, -1), id });
        event = data = id = "";
      }
    }
    if (data.length + rest.length > charactersMax) throw tooLarge();
    return events;
  };
}
