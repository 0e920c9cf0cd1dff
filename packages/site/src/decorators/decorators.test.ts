import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { AgentApp, none } from "../index.ts";
import { agentOf } from "../testing/agent-calls.ts";
import { flow, step, toFlow } from "./index.ts";

const source = fileURLToPath(new URL("../testing/checkout-class.ts", import.meta.url));
const root = fileURLToPath(new URL("../../../../", import.meta.url));
/** Below node_modules, where the workspace packages are found by name and nothing else looks. */
const folder = `${root}node_modules/.agentgate-decorators-${process.pid}`;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Compiled by tsc itself: bundlers based on oxc do not lower TC39 decorators. */
async function compile(convention: "tc39" | "legacy") {
  const project = `${folder}/${convention}`;
  mkdirSync(project, { recursive: true });
  copyFileSync(source, `${project}/checkout-class.ts`);
  const compilerOptions = {
    noEmit: false,
    noEmitOnError: true,
    target: "es2022",
    lib: ["es2023", "webworker"],
    experimentalDecorators: convention === "legacy",
  };
  const files = ["checkout-class.ts"];
  writeFileSync(
    `${project}/tsconfig.json`,
    JSON.stringify({ extends: `${root}tsconfig.base.json`, compilerOptions, files }),
  );
  const { status, stdout } = spawnSync("tsc", ["-p", project], { encoding: "utf8" });
  expect([stdout, status]).toEqual(["", 0]);
  return import(/* @vite-ignore */ `${project}/checkout-class.js`) as Promise<
    typeof import("../testing/checkout-class.ts")
  >;
}

describe.each(["tc39", "legacy"] as const)("%s decorators", (convention) => {
  it("make a class a flow, with a new instance for every call", async () => {
    const { CheckoutFlow } = await compile(convention);
    const agent = agentOf(new AgentApp({ title: "Shop", auth: none() }).flow(toFlow(CheckoutFlow)));
    const { body: manifest } = await agent.manifest();
    expect(manifest.flows[0].steps.map(({ name, entry, next_steps }: never) => [name, entry, next_steps])).toEqual([
      ["add_to_cart", true, ["place_order"]],
      ["place_order", false, []],
    ]);
    const session = await agent.start("checkout");
    expect((await agent.step("checkout", "add_to_cart", session, { product_id: "p1" })).body.result).toEqual({
      cart_id: "cart-of-p1",
    });
    expect((await agent.step("checkout", "place_order", session, { address: "Berlin, DE" })).body).toMatchObject({
      result: { address: "Berlin, DE", quantity: 1, instances: 1 },
      flow_complete: true,
    });
  });
});

describe("decorated classes", () => {
  it("say what is missing", () => {
    class Plain {}
    expect(() => toFlow(Plain)).toThrow(/class Plain is no flow. Put @flow/);
    flow("plain", { description: "Nothing" })(Plain);
    expect(() => toFlow(Plain)).toThrow(/class Plain has no steps/);
    expect(() => step({ description: "Not a method" })({}, "field", {} as never)).toThrow(/@step is for methods/);
  });
});
