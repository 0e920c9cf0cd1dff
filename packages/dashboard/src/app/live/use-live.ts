import { useEffect, useRef, useState } from "react";
import type { LiveState } from "./event-stream.ts";
import { LiveHub } from "./live-hub.ts";

let hub: LiveHub | undefined;

/** One for the page, made by the first who wants something. */
export const liveHub = (): LiveHub => {
  hub ??= new LiveHub();
  return hub;
};

/** How far one is told of what happens. */
export interface Told {
  state: LiveState;
  /** Until when everything was told. */
  atMs: number;
}

export interface LiveOptions {
  /** Topics of `GET /events`; nothing is asked for without one. */
  topics: readonly string[];
  /** Of the calls that are told or counted, as the query has them. */
  filter?: Readonly<Record<string, string>>;
  /** Something has changed: at most as often as said. */
  onChange(): void;
  everyMs: number;
}

/** Tells a page that something of these topics has changed, so that it reads that anew; and whether anything is told at all. */
export function useLive({ topics, filter = {}, onChange, everyMs }: LiveOptions): Told {
  const [told, setTold] = useState<Told>({ state: "connecting", atMs: 0 });
  const latest = useRef(onChange);
  latest.current = onChange;
  const asked = JSON.stringify([topics, filter]);
  useEffect(() => {
    const [topics, filter] = JSON.parse(asked) as [string[], Record<string, string>];
    if (topics.length === 0) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const change = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        latest.current();
      }, everyMs);
    };
    let wasCut = false;
    const stop = liveHub().want(
      { topics, filter },
      {
        event: change,
        state: (state, atMs) => {
          setTold({ state, atMs });
          // What happened meanwhile nobody has told.
          if (state === "live" && wasCut) change();
          // Tabs that come and go connect anew meanwhile.
          if (state === "live" || state === "cut") wasCut = state === "cut";
        },
      },
    );
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [asked, everyMs]);
  return told;
}
