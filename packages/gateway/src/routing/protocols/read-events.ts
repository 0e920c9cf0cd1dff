import { createParser, type EventSourceParser } from "eventsource-parser";
import type { OutboundBody } from "../../outbound/index.ts";

/** One server-sent event. */
export interface UpstreamEvent {
  /** Its `event` field. */
  type: string | undefined;
  data: string;
}

export interface EventHandler {
  /** Answers whether it wants more; while it has not answered, no further event comes. */
  onEvent(event: UpstreamEvent): boolean | Promise<boolean>;
  /** Told of the bytes that have come since the last whole event. What it throws ends the reading. */
  onUnfinished?(bytes: number): void;
}

/**
 * Reads an agent's server-sent events as they come, to the end of the body or until the handler has had enough. Agents write their
 * events whole: between two of them nothing is kept, for thousands of streams may be open. Only an event that comes in pieces takes a
 * parser of its own, until it is complete.
 */
export function readEvents(body: OutboundBody, handler: EventHandler): Promise<void> {
  let unfinished: UnfinishedEvent | undefined;
  return body.read((bytes) => {
    const isWhole = endsWithBlankLine(bytes);
    let events: UpstreamEvent[];
    if (unfinished === undefined && isWhole) events = eventsIn(bytes);
    else {
      unfinished ??= new UnfinishedEvent();
      events = unfinished.add(bytes);
      handler.onUnfinished?.(unfinished.bytes);
      if (isWhole) unfinished = undefined;
    }
    return passOn(events, 0, handler);
  });
}

/** In their order: one that is waited for holds up those after it. */
function passOn(events: UpstreamEvent[], from: number, handler: EventHandler): boolean | Promise<boolean> {
  for (let index = from; index < events.length; index++) {
    const wanted = handler.onEvent(events[index]!);
    if (wanted === false) return false;
    if (wanted !== true) return wanted.then((more) => more && passOn(events, index + 1, handler));
  }
  return true;
}

class UnfinishedEvent {
  /** Since the last whole event. */
  bytes = 0;
  readonly #decoder = new TextDecoder();
  readonly #parser: EventSourceParser;
  #events: UpstreamEvent[] = [];

  constructor() {
    this.#parser = parserInto((event) => this.#events.push(event));
  }

  add(bytes: Buffer): UpstreamEvent[] {
    this.#parser.feed(this.#decoder.decode(bytes, { stream: true }));
    const events = this.#events;
    this.#events = [];
    this.bytes = events.length > 0 ? 0 : this.bytes + bytes.length;
    return events;
  }
}

function eventsIn(bytes: Buffer): UpstreamEvent[] {
  const events: UpstreamEvent[] = [];
  parserInto((event) => events.push(event)).feed(bytes.toString("utf8"));
  return events;
}

const parserInto = (take: (event: UpstreamEvent) => void): EventSourceParser =>
  createParser({ onEvent: ({ event, data }) => take({ type: event, data }) });

const LF = 10;
const CR = 13;

/** A blank line ends the event before it, and the line it stands on is complete: no piece of a character or a line break is left over. */
function endsWithBlankLine(bytes: Buffer): boolean {
  const { length } = bytes;
  if (bytes[length - 1] !== LF) return false;
  return bytes[length - 2] === LF || (bytes[length - 2] === CR && bytes[length - 3] === LF);
}
