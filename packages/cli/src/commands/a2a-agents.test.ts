import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@agentgate/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type ExampleAgent, serveExampleAgent } from "../../../../examples/a2a-agent/serve.ts";
import { type ServedGateway, serveGateway } from "../testing/served-gateway.ts";

let gateway: ServedGateway;
let example: ExampleAgent;
let cardUrl: string;
let card: Record<string, unknown>;
let directory: ReturnType<typeof temporaryDirectory>;
beforeAll(async () => {
  [gateway, example] = await Promise.all([serveGateway(), serveExampleAgent()]);
  cardUrl = `${example.url}/.well-known/agent-card.json`;
  card = (await (await fetch(cardUrl)).json()) as Record<string, unknown>;
  directory = temporaryDirectory("a2a-agents");
});
afterAll(async () => {
  await Promise.all([gateway?.stop("SIGKILL"), example?.close()]);
  directory?.remove();
});

let path: string;
let count = 0;
beforeEach(() => {
  count += 1;
  path = join(directory.path, `agent-${count}`);
  mkdirSync(path);
});
const write = (text: string, file = "agentgate.yaml") => writeFileSync(join(path, file), text);
const writeCard = (more: object = {}) => write(JSON.stringify({ ...card, ...more }), "card.json");

const answerOf = async (id: string) => {
  const response = await fetch(`${gateway.url}/agents/${id}/task`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ message: { parts: [{ type: "text", text: "hello" }] } }),
  });
  const { artifacts } = (await response.json()) as { artifacts: { parts: { text: string }[] }[] };
  return artifacts[0]?.parts[0]?.text;
};

describe.each([
  ["an address", () => cardUrl],
  [
    "a file beside it",
    () => {
      writeCard();
      return "./card.json";
    },
  ],
])("agentgate.yaml with a card alone, %s", (_, place) => {
  test("the card tells name, url, description, version and skills, and the agent answers", async () => {
    write(`card: ${place()}\n`);
    const agent = await gateway.json("deploy", path, "--new");
    expect(agent).toMatchObject({
      name: card.name,
      url: example.url,
      description: card.description,
      version: card.version,
      skills: card.skills,
      protocol: "a2a",
    });
    expect(await answerOf(agent.id)).toBe("Hello!");
  });

  test("what the file says wins", async () => {
    write(`card: ${place()}\nname: my own\nversion: 7.1\nprice_per_task: 0.5\ntags: [carded]\n`);
    const agent = await gateway.json("deploy", path, "--new");
    expect(agent).toMatchObject({ name: "my own", version: "7.1", price_per_task: 0.5, tags: ["carded"] });
    expect(agent).toMatchObject({ description: card.description, skills: card.skills });
  });

  test("a dry run shows what the file says", async () => {
    const where = place();
    write(`card: ${where}\n`);
    const nowhere = { env: { AGENTGATE_SERVER: "http://127.0.0.1:9" } };
    const { exitCode, stdout } = await gateway.run(["deploy", path, "--dry-run", "--json"], nowhere);
    expect([exitCode, JSON.parse(stdout)]).toEqual([0, { card: where }]);
  });
});

test("update --file brings a new card; what was said before stays", async () => {
  writeCard();
  write("card: card.json\ndescription: my words\n");
  const { id } = await gateway.json("deploy", path, "--new");
  writeCard({ version: "2.0.0", description: "other words" });
  const updated = await gateway.json("update", id, "--file", path);
  expect(updated).toMatchObject({ id, name: card.name, version: "2.0.0", description: "my words" });
  const served = await (await fetch(`${gateway.url}/agents/${id}/upstream-card.json`)).json();
  expect(served).toMatchObject({ version: "2.0.0" });
});

test.each([
  ["a file that is not there", "", "there is no card at"],
  ["what is not JSON", "{", "card.json: The card is not JSON"],
  ["a card of nobody", "{}", "card.json: The card has no name"],
  ["a card without an address", '{"name":"a","supportedInterfaces":[{"url":"/a2a"}]}', "card.json: The card names no"],
])("%s is told before anything is sent", async (_, text, message) => {
  if (text) write(text, "card.json");
  write("card: card.json\n");
  const { exitCode, stderr } = await gateway.run(["deploy", path, "--dry-run"]);
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining(message)]);
});

test("an address without a card is told by the gateway", async () => {
  write(`card: ${example.url}/health\n`);
  const { exitCode, stderr } = await gateway.run(["deploy", path]);
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("has no name")]);
});

test("the file, or the option, says what an agent speaks", async () => {
  write(`name: said\nurl: ${example.url}\nprotocol: a2a\n`);
  const said = { protocol: "a2a", protocol_setting: "a2a" };
  const deployed = await gateway.json("deploy", path, "--new");
  expect(deployed).toMatchObject(said);
  expect(await gateway.json("deploy", path, "--new", "--no-wait", "--protocol", "plain")).toMatchObject({
    protocol: "plain",
  });
  const plain = { protocol: "plain", protocol_setting: "plain" };
  expect(await gateway.json("update", `${deployed.id}`, "--protocol", "plain")).toMatchObject(plain);
  expect(await gateway.json("update", `${deployed.id}`, "--file", path)).toMatchObject(said);
  write(`name: said\nurl: ${example.url}\nprotocol: smtp\n`);
  const { exitCode, stderr } = await gateway.run(["deploy", path, "--dry-run"]);
  expect([exitCode, stderr]).toEqual([
    1,
    expect.stringContaining("agentgate.yaml:3:1: protocol must be auto, plain, a2a"),
  ]);
});
