import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../packages/gateway/src/testing/index.ts";
import { type ApiDocument, type ClientCall, coverageOf, type RecordedAnswers } from "../tools/api-coverage/coverage.ts";
import { coveragePage, isReached, rowsOf, toRow, withBefore } from "../tools/api-coverage/page.ts";
import { recordedRequests } from "./testing/recorded-requests.ts";

const page = new URL("../docs/api-coverage.md", import.meta.url);
const fixtures = new URL("fixtures/clients/", import.meta.url);
/** Where `npm run coverage:api` has the answers that tests were given. */
const recorded = process.env.AGENTGATE_TEST_RECORDED;
/** Whether these are the answers of some of the tests. */
const isPart = process.env.AGENTGATE_TEST_RECORDED_PART === "1";

let gate: TestGateway;
let document: ApiDocument;
beforeAll(async () => {
  gate = await startTestGateway();
  document = (await gate.call("GET", "/openapi.json")).body;
});
afterAll(() => gate.close());

const calls: ClientCall[] = globSync("*.http", { cwd: fixtures }).flatMap((file) => {
  const client = file.replace(".http", "");
  return recordedRequests(client).map(({ method, text }) => ({
    client,
    method,
    path: text.split(" ", 2)[1]!.split("?")[0]!,
  }));
});

test.runIf(recorded)("the page is written", () => {
  const answers = globSync("*.jsonl", { cwd: recorded! }).flatMap((file) =>
    readFileSync(`${recorded}/${file}`, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as RecordedAnswers),
  );
  const before = isPart ? rowsOf(readFileSync(page, "utf8")) : undefined;
  const rows = coverageOf(document, answers, calls).map((one) =>
    before ? withBefore(one, before.get(`${one.method} ${one.path}`)) : toRow(one),
  );
  writeFileSync(page, coveragePage(rows));
  expect(existsSync(page)).toBe(true);
});

test("the page has every operation, each reached with success and seen in each member, and its recorded clients", () => {
  const rows = rowsOf(readFileSync(page, "utf8"));
  const operations = coverageOf(document, [], calls);
  const names = operations.map(({ method, path }) => `${method} ${path}`);
  expect([...rows.keys()].sort()).toEqual([...names].sort());
  const wrong = operations.flatMap(({ method, path, fields, clients }) => {
    const row = rows.get(`${method} ${path}`)!;
    const problems = [
      ...(isReached(row) ? [] : ["no success"]),
      ...(row.members === fields.length ? [] : [`has ${fields.length} members, and the page knows ${row.members}`]),
      ...row.unseen.map((field) => `no test was given ${field}`),
      ...(row.clients.join() === clients.join() ? [] : [`called by ${clients.join(", ") || "no recorded client"}`]),
    ];
    return problems.map((problem) => `${method} ${path}: ${problem}; run npm run coverage:api`);
  });
  expect(wrong).toEqual([]);
});
