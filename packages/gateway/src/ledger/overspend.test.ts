import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { compileCache, programArguments } from "@agentgate/testing/programs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testEngines } from "../storage/testing/index.ts";
import { type Ledger, topup } from "./index.ts";
import { createTestLedger, type TestLedger } from "./testing/test-ledger.ts";

const program = programArguments(new URL("./testing/overspend-child.ts", import.meta.url));
const dollar = 1_000_000n;

describe.each(testEngines())("on %s", (engine) => {
  let books: TestLedger;
  let ledger: Ledger;
  beforeAll(async () => {
    books = await createTestLedger(engine);
    ledger = books.ledger;
  });
  afterAll(() => books?.remove());

  const start = async (account: string, times: number) => {
    const { dataDirectory, databaseUrl } = books.fixture.location;
    const args = [...program, dataDirectory, account, String(times), ...(databaseUrl ? [databaseUrl] : [])];
    const env = { PATH: process.env.PATH, NODE_COMPILE_CACHE: compileCache() };
    const child = spawn(process.execPath, args, { env, stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe("ready");
    return {
      async run(): Promise<Record<string, number>> {
        child.stdin.write("go\n");
        const answers = JSON.parse((await lines.next()).value ?? "{}");
        if (child.exitCode === null) await once(child, "exit");
        return answers;
      },
    };
  };

  test("two processes ask 250 times each for a dollar of a wallet with 100: exactly 100 are had (P1)", async () => {
    await ledger.post({ posting: topup({ account: "shared", amount: 100n * dollar }) });
    const processes = await Promise.all([start("shared", 250), start("shared", 250)]);
    const [a, b] = await Promise.all(processes.map((process) => process.run()));
    expect((a!.reserved ?? 0) + (b!.reserved ?? 0)).toBe(100);
    expect((a!.insufficient_balance ?? 0) + (b!.insufficient_balance ?? 0)).toBe(400);
    expect(await ledger.queries.balance("shared")).toMatchObject({ held: 100n * dollar, available: 0n });
    expect(await ledger.verify()).toMatchObject({ ok: true, openHolds: 100 });
  });
});
