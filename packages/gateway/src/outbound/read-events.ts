import { createParser, type EventSourceParser } from "eventsource-parser";
import { KeptBytes } from "./kept-bytes.ts";
import { OutboundError } from "./outbound-error.ts";
import type { OutboundBody } from "./stream-call.ts";

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
  /** Bytes that the handler itself keeps of events that it had. */
  kept?(): number;
}

/** Of events that come together. Each line is work of its own, however short. */
const LINES_MAX = 200_000;
const COUNTED_BYTES_MIN = 64 * 1024;

/**
 * Reads an agent's server-sent events as they come, to the end of the body or until the handler has had enough. Agents write their
 * events whole: between two of them nothing is kept, for thousands of streams may be open. Only an event that comes in pieces is kept
 * until it is complete, as the bytes that it came in.
 */
export function readEvents(body: OutboundBody, handler: EventHandler): Promise<void> {
  let unfinished: KeptBytes | undefined;
  /** The last two bytes before the chunk at hand; a body begins as after a blank line. */
  let before = LF;
  let beforeThat = LF;
  let told = 0;
  let begun = false;
  return body.read((bytes) => {
    const end = endOfLastBlankLine(bytes, before, beforeThat);
    const { length } = bytes;
    if (length === 0) return true;
    [beforeThat, before] = length > 1 ? [bytes[length - 2]!, bytes[length - 1]!] : [before, bytes[0]!];
    const complete = end === length ? bytes : bytes.subarray(0, end);
    let whole = complete;
    if (unfinished && end > 0) {
      unfinished.add(complete);
      whole = unfinished.take();
      unfinished = undefined;
    }
    const passed = end > 0 ? passOn(eventsIn(whole, begun), 0, handler) : true;
    if (end > 0) begun = true;
    if (end < length) {
      unfinished ??= new KeptBytes();
      unfinished.add(bytes.subarray(end));
      handler.onUnfinished?.(unfinished.length);
    }
    const kept = (unfinished?.capacity ?? 0) + (handler.kept?.() ?? 0);
    if (kept !== told) body.keeps(kept);
    told = kept;
    return passed;
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

/** @param begun these are not the first of the body, which alone may have a byte order mark before them */
function eventsIn(bytes: Buffer, begun: boolean): UpstreamEvent[] {
  if (bytes.length > COUNTED_BYTES_MIN && hasManyLines(bytes)) {
    throw new OutboundError("too_large", "an event has too many lines");
  }
  const events: UpstreamEvent[] = [];
  const text = bytes.toString("utf8");
  const isMark = begun && text.charCodeAt(0) === BYTE_ORDER_MARK;
  // The parser takes one off.
  parserInto((event) => events.push(event)).feed(isMark ? `\ufeff${text}` : text);
  return events;
}

function hasManyLines(bytes: Buffer): boolean {
  let lines = 0;
  for (const code of bytes) if (code === LF || code === CR) lines++;
  return lines > LINES_MAX;
}

const parserInto = (take: (event: UpstreamEvent) => void): EventSourceParser =>
  createParser({ onEvent: ({ event, data }) => take({ type: event, data }) });

const BYTE_ORDER_MARK = 0xfeff;
const LF = 10;
const CR = 13;

/**
 * Index after the last blank line, 0 when there is none. It ends the event before it, and is complete itself: no piece of a character
 * is left over, and of a line break at most the second half, which is one more blank line.
 */
function endOfLastBlankLine(bytes: Buffer, before: number, beforeThat: number): number {
  const at = (index: number) => (index >= 0 ? bytes[index]! : index === -1 ? before : beforeThat);
  for (let index = bytes.length - 1; index >= 0; index--) {
    const code = bytes[index];
    if (code !== LF && code !== CR) continue;
    const breakStart = code === LF && at(index - 1) === CR ? index - 1 : index;
    const previous = at(breakStart - 1);
    if (previous === LF || previous === CR) return index + 1;
  }
  return 0;
}
