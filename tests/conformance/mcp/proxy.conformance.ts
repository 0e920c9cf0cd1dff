import { SOON_MS } from "@agentgate/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventsIn, mcpCalls, modernRequest } from "../../../packages/gateway/src/mcp/testing/mcp-calls.ts";
import { fetchKit, type Kit, runSuite, startEverything } from "./kit.ts";
import { standBefore } from "./stand.ts";

/** The official conformance suite against its own reference server, directly and through a gateway: what passes there, passes here. */

const kit = await fetchKit();
if ("missing" in kit) console.warn(kit.missing);

/** What passes directly and cannot pass through a gateway; docs/mcp-servers.md says so, too. */
const LOST: Record<string, string[]> = {
  "2025-11-25": [
    // The list is what was approved, and told at once: there is no stream to be read.
    "server-sse-multiple-streams: server-sse-streams-functional",
    // A stream of the gateway's ends with its connection, and is not taken up again: its events have no names.
    "server-sse-polling: server-sse-disconnect-resume",
    "server-sse-polling: server-sse-priming-event",
    "server-sse-polling: server-sse-retry-field",
  ],
  "2026-07-28": [
    // The suite changes the lists by tools that the server does not list, which nobody has approved: below they change without it.
    "server-stateless: sep-2575-server-sends-prompts-list-changed-on-subscription",
    "server-stateless: sep-2575-server-sends-tools-list-changed-on-subscription",
    // Calls of tools that the server does not have pass for answers, being results; the gateway's are errors. tasks.conformance.ts has them all.
    "tasks-capability-negotiation: sep-2663-server-rejects-undeclared-client",
    "tasks-dispatch-and-envelope: tasks-immediate-result-shortcut",
    "tasks-lifecycle: tasks-sync-tool-call",
  ],
};

let everything: Awaited<ReturnType<typeof startEverything>>;
let gate: Awaited<ReturnType<typeof standBefore>>;
beforeAll(async () => {
  if ("missing" in kit) return;
  everything = await startEverything(kit as Kit);
  gate = await standBefore(everything.url);
});
afterAll(async () => {
  await gate?.close();
  everything?.close();
});

test.skipIf("missing" in kit).each(Object.keys(LOST))(
  "what passes directly passes through the gateway, in %s",
  async (revision) => {
    const direct = await runSuite(kit as Kit, everything.url, revision);
    const through = await runSuite(kit as Kit, gate.url, revision);
    const passed = (came: Map<string, string>) =>
      [...came].flatMap(([name, status]) => (status === "SUCCESS" ? name : []));
    console.info(
      `${revision}: ${passed(direct).length} checks pass directly, ${passed(through).length} through the gateway`,
    );
    expect(passed(direct).length).toBeGreaterThan(50);
    const there = new Set(passed(through));
    expect(
      passed(direct)
        .filter((name) => !there.has(name))
        .sort(),
    ).toEqual(LOST[revision]);
  },
);

test.skipIf("missing" in kit)(
  "a subscription through the gateway brings what the server says of its lists",
  async () => {
    const notifications = { toolsListChanged: true, promptsListChanged: true };
    const { body, headers } = modernRequest("subscriptions/listen", { notifications });
    const over = AbortSignal.timeout(SOON_MS);
    const stream = await mcpCalls(() => gate.url).post("", body, headers, over);
    let text = "";
    const told = () => eventsIn(text).map(({ method }) => method);
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    const until = async (count: number) => {
      while (told().length < count) {
        const { done, value } = await reader.read();
        if (done) throw new Error(`the stream ended after ${text}`);
        text += value;
      }
    };
    await until(1);
    for (const name of ["test_trigger_tool_change", "test_trigger_prompt_change"]) {
      const change = modernRequest("tools/call", { name, arguments: {} });
      await (await mcpCalls(() => everything.url).post("", change.body, change.headers)).text();
    }
    await until(3);
    expect(told()).toEqual([
      "notifications/subscriptions/acknowledged",
      "notifications/tools/list_changed",
      "notifications/prompts/list_changed",
    ]);
    await reader.cancel();
  },
);
