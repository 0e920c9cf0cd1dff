import { webFetch } from "../web-fetch.ts";
import { readBlock } from "./event-block.ts";

/** Something that the gateway told. */
export interface LiveEvent {
  type: string;
  /** JSON. */
  data: string;
}

/** `live`: what happens is told; `cut`: it is not, and is tried again; `ended`: the session is over. */
export type LiveState = "connecting" | "live" | "cut" | "ended";

export interface FollowOptions {
  /** Of `GET /events`. */
  query: string;
  /** Where one was before; asked at each attempt. */
  lastId(): string | undefined;
  onId(id: string): void;
  onEvent(event: LiveEvent): void;
  onState(state: LiveState): void;
  signal: AbortSignal;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;
/** The gateway says something four times as often, if only that it is there. */
const SILENCE_MS = 60_000;
const REFUSED = [401, 403];

/** Follows what happens until it is told to stop, or the session has ended. A cut connection goes on where it was. */
export async function follow(options: FollowOptions): Promise<void> {
  const { signal, onState } = options;
  let pauseMs = FIRST_PAUSE_MS;
  onState("connecting");
  while (!signal.aborted) {
    try {
      const { status, wasLive } = await listen(options);
      if (REFUSED.includes(status)) return onState("ended");
      if (wasLive) pauseMs = FIRST_PAUSE_MS;
    } catch {
      // No node answers at this moment.
    }
    if (signal.aborted) return;
    onState("cut");
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
  }
}

/** One connection, until it ends. */
async function listen(options: FollowOptions): Promise<{ status: number; wasLive: boolean }> {
  const { query, lastId, onId, onEvent, onState, signal } = options;
  const silence = new AbortController();
  const ends = AbortSignal.any([signal, silence.signal]);
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  let wasLive = false;
  try {
    const last = lastId();
    const headers = { accept: "text/event-stream", ...(last !== undefined && { "last-event-id": last }) };
    const response = await webFetch(`/events?${query}`, { headers, signal: ends });
    if (!response.ok || !response.body) return { status: response.status, wasLive };
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { status: response.status, wasLive };
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const { id, type, data } = readBlock(block);
        if (id) onId(id);
        if (type === "ready") {
          wasLive = true;
          onState("live");
        } else if (type === "error") return { status: 401, wasLive };
        else if (type !== undefined && data !== undefined) onEvent({ type, data });
      }
    }
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}
