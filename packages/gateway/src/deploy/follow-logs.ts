import type { FastifyReply, FastifyRequest } from "fastify";
import { actions, requestUse } from "../access/index.ts";
import { formatEvent, type KeepAlives, openEvents, Problem } from "../http/index.ts";
import type { KeyWatch } from "../orgs/index.ts";
import type { LogRing } from "./log-ring.ts";

export interface FollowOptions {
  request: FastifyRequest;
  reply: FastifyReply;
  keepAlives: KeepAlives;
  keyWatch: Pick<KeyWatch, "watch">;
  /** What has been written already. */
  lines: readonly string[];
  /** Undefined of an agent that does not run here: then nothing follows. */
  logs: LogRing | undefined;
}

/**
 * Answers with what an agent has written and, until the reader leaves, its key ends or the agent goes, with what it writes.
 * @throws Problem 429
 */
export function followLogs({ request, reply, keepAlives, keyWatch, lines, logs }: FollowOptions): undefined {
  let isLagging = false;
  let skipped = 0;
  const unfollow = logs?.follow({ lines: (more) => tell(more), end: () => end() });
  if (logs && !unfollow) {
    throw new Problem(429, "As many follow the logs of this agent as may", { headers: { "retry-after": "10" } });
  }
  const stopWatching = keyWatch.watch(requestUse(request, actions.readDeployments), (why) => {
    void events.write(formatEvent(JSON.stringify(why.toBody(request.url.split("?", 1)[0]!)), "error"));
    end();
  });
  const events = openEvents(reply, { keepAlives, onLeave: () => leave() });
  function leave(): void {
    stopWatching();
    unfollow?.();
  }
  function end(): void {
    leave();
    events.end();
  }
  function tell(more: readonly string[]): void {
    // Nothing waits for a reader: it misses what it does not take.
    if (isLagging) skipped += more.length;
    else if (more.length > 0) follow(events.write(more.map((line) => formatEvent(line, "log")).join("")));
  }
  function follow(waiting: Promise<void> | undefined): void {
    if (!waiting) return;
    isLagging = true;
    void waiting.then(() => {
      isLagging = false;
      if (skipped > 0) follow(events.write(formatEvent(`${skipped}`, "skipped")));
      skipped = 0;
    });
  }
  tell(lines);
  if (!logs) end();
  return undefined;
}
