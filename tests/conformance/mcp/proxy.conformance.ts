import { afterAll, beforeAll, expect, test } from "vitest";
import { fetchKit, type Kit, runSuite, startEverything } from "./kit.ts";
import { standBefore } from "./stand.ts";

/** The official conformance suite against its own reference server, directly and through a gateway: what passes there, passes here. */

const kit = await fetchKit();
if ("missing" in kit) console.warn(kit.missing);

/**
 * What counts for nobody: streams that are taken up again, which those of the gateway are not, for they end with their connection; and the
 * extension for tasks, whose tools the reference server does not have: `tasks.conformance.ts` has a server that does.
 */
const UNSCORED = /^(?:server-sse-polling|tasks-[a-z-]+): /;

let everything: Awaited<ReturnType<typeof startEverything>>;
let gate: Awaited<ReturnType<typeof standBefore>>;
beforeAll(async () => {
  if ("missing" in kit) return;
  everything = await startEverything(kit);
  gate = await standBefore(everything.url);
});
afterAll(async () => {
  await gate?.close();
  everything?.close();
});

test.skipIf("missing" in kit).each(["2026-07-28", "2025-11-25"])(
  "what passes directly passes through the gateway, in %s",
  async (revision) => {
    const direct = await runSuite(kit as Kit, everything.url, revision);
    const through = await runSuite(kit as Kit, gate.url, revision);
    const passed = (came: Map<string, string>) => [...came].filter(([, status]) => status === "SUCCESS").length;
    console.info(`${revision}: ${passed(direct)} checks pass directly, ${passed(through)} through the gateway`);
    expect(passed(direct)).toBeGreaterThan(50);
    const lost = [...through].filter(
      ([name, status]) => status === "FAILURE" && direct.get(name) === "SUCCESS" && !UNSCORED.test(name),
    );
    expect(lost).toEqual([]);
  },
);
