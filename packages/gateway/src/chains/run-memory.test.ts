import { expect, test } from "vitest";
import { startAgent, startTestGateway } from "../testing/index.ts";

const LONG = "x".repeat(1_000_000);
const LIMITS = { tier: "enterprise", rate_limit: 1e6, rate_burst: 1e6 };
const answer = JSON.stringify({ artifacts: [{ parts: [{ type: "text", text: LONG }] }] });

test("runs of one organization hold so much of what was said in them; those of others go on", async () => {
  const gate = await startTestGateway();
  const own = await gate.createOrg("own", LIMITS);
  const other = await gate.createOrg("other", LIMITS);
  let letGo = () => {};
  const isLetGo = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const agent = await startAgent(async ({ body }, response) => {
    if (/"id":"[^"]+-3"/.test(body.slice(0, 200))) await isLetGo;
    response.writeHead(200, { "content-type": "application/json" });
    response.end(answer);
  });
  const chainOf = async ({ key }: { key: string }, length: number): Promise<string> => {
    const { id } = await gate.register({ name: `long ${length}`, url: agent.url }, key);
    const steps = Array.from({ length }, () => ({ agent_id: id }));
    return (await gate.call("POST", "/chains/", { name: "long", steps }, key)).body.id;
  };
  const run = async (chain: string, { key }: { key: string }) =>
    (await gate.call("POST", `/chains/${chain}/run`, {}, key)).body;
  const [long, others] = [await chainOf(own, 3), await chainOf(other, 1)];
  const runs = Array.from({ length: 15 }, () => run(long, own));
  const { status, trace } = await Promise.race(runs);
  expect([status, trace.at(-1)]).toMatchObject(["error", { error_code: "too_much_under_way", error_status: 503 }]);
  expect(await run(others, other)).toMatchObject({ status: "success" });
  letGo();
  const ends = await Promise.all(runs);
  expect(ends.filter((end) => end.status === "success").length).toBeGreaterThan(10);
  expect(await run(long, own)).toMatchObject({ status: "success" });
  await gate.close();
  await agent.close();
});
