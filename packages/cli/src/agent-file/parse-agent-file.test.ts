import fc from "fast-check";
import { expect, test } from "vitest";
import { CliError } from "../cli-error.ts";
import { toFileFields } from "./fields.ts";
import { parseAgentFile } from "./parse-agent-file.ts";

const parse = (text: string) => parseAgentFile("a.yaml", text);
const problems = (text: string) => {
  try {
    parse(text);
  } catch (error) {
    expect(error).toBeInstanceOf(CliError);
    return (error as CliError).message.split("\n");
  }
  throw new Error("it was accepted");
};

test("reads every field", () => {
  const text = `
name: my-agent
description: My awesome AI agent
url: https://agentgate.sh/my-agent
card: https://agentgate.sh/my-agent/card.json
protocol: a2a
version: 1.0.0
skills:
- id: chat
  name: Chat
  description: General conversation
- search
tags: [demo, text]
price_per_task: 0.05
webhook_url: https://example.com/hook
agent_api_key: secret
org_id: 00000000-0000-4000-8000-000000000001
`;
  const agent = parse(text);
  expect(agent).toEqual({
    name: "my-agent",
    description: "My awesome AI agent",
    url: "https://agentgate.sh/my-agent",
    cardPlace: "https://agentgate.sh/my-agent/card.json",
    protocol: "a2a",
    version: "1.0.0",
    skills: [
      { id: "chat", name: "Chat", description: "General conversation" },
      { id: "search", name: "search" },
    ],
    tags: ["demo", "text"],
    pricePerTask: 0.05,
    webhookUrl: "https://example.com/hook",
    agentApiKey: "secret",
    orgId: "00000000-0000-4000-8000-000000000001",
  });
  expect(toFileFields(agent)).toMatchObject({ name: "my-agent", price_per_task: 0.05, org_id: agent.orgId });
});

test("name and url are enough; an empty value counts as none", () => {
  expect(parse("name: a\nurl: http://a.example\nversion:\ntags: ~\n")).toEqual({
    name: "a",
    url: "http://a.example",
  });
});

test.each(["https://a.example/card.json", "./card.json", "../cards/a.json"])("a card is enough: %s", (card) => {
  expect(parse(`card: ${card}\n`)).toEqual({ cardPlace: card });
});

test.each([
  ["1.10", "1.10"],
  ["2", "2"],
  ["1e3", "1e3"],
  ['"3.0"', "3.0"],
])("a version is what was written: %s", (written, version) => {
  expect(parse(`name: a\nurl: http://a.example\nversion: ${written}\n`).version).toBe(version);
});

test.each([
  ["", "a.yaml:1:1: must hold fields"],
  ["- a\n- b", "a.yaml:1:1: must hold fields"],
  ["just text", "a.yaml:1:1: must hold fields"],
  ["name: a\nurl: http://a.example\nname: b", "a.yaml:3:1: name stands here a second time"],
  ['name: a\nurl: "http://a.example\nversion: 1', "a.yaml:2:6: the quote that begins here is never closed"],
  ["name: *x\nurl: http://a.example", "a.yaml:1:1: name has *x, and no &x stands before it"],
  ["name: a\n---\nname: b", "a.yaml:2:1: a second document begins here"],
  ["name: a\nurl: [http://a.example", "a.yaml:2:"],
  ["url: http://a.example", "a.yaml: name is missing"],
  ["name: a", "a.yaml: url is missing"],
  ["name: ''\nurl: http://a.example", "a.yaml:1:1: name must not be empty"],
  ["name: 5\nurl: http://a.example", "a.yaml:1:1: name must be text (found 5)"],
  [`name: ${"x".repeat(256)}\nurl: http://a.example`, "a.yaml:1:1: name must have at most 255 characters"],
  [
    "name: a\nurl: a.example",
    'a.yaml:2:1: url must be an address that starts with http:// or https:// (found "a.example")',
  ],
  ["card: ftp://a.example/card.json", "a.yaml:1:1: card must be an address that starts with http:// or https://"],
  ["card: [a]", "a.yaml:1:1: card must be text"],
  ["card:\nname: a", "a.yaml: url is missing"],
  ["name: a\nurl: http://", "a.yaml:2:1: url must be an address"],
  ["name: a\nurl: ftp://a.example", "a.yaml:2:1: url must be an address"],
  [
    "name: a\nurl: http://a.example\nprice_per_task: free",
    'price_per_task must be an amount of dollars, 0 or more (found "free")',
  ],
  ["name: a\nurl: http://a.example\nprice_per_task: -1", "price_per_task must be an amount of dollars"],
  ["name: a\nurl: http://a.example\ntimeout_ms: 90s", "timeout_ms must be milliseconds, from 100 to 600000"],
  ["name: a\nurl: http://a.example\nprice_per_task: 0x10", "price_per_task must be an amount of dollars"],
  ["name: a\nurl: http://a.example\nprice_per_task: 1e3", "price_per_task must be an amount of dollars"],
  ["name: a\nurl: http://a.example\nprice_per_task: .inf", "price_per_task must be an amount of dollars"],
  ["name: a\nurl: http://a.example\nprice_per_task: ''", "price_per_task must be an amount of dollars"],
  ["name: a\nurl: http://a.example\nskills: chat", "a.yaml:3:1: skills must be a list"],
  ["name: a\nurl: http://a.example\nskills:\n  - id: a\n  - 5", "a.yaml:3:1: skills entry 2 must be a name, or fields"],
  ["name: a\nurl: http://a.example\nskills:\n  - text: a", "skills entry 1 needs an id"],
  ["name: a\nurl: http://a.example\ntags: demo", "a.yaml:3:1: tags must be a list"],
  ["name: a\nurl: http://a.example\ntags: [demo, 5]", "tags must be short texts (found 5)"],
  ["name: a\nurl: http://a.example\norg_id: acme", 'org_id must be the id of an organization (found "acme")'],
  ["name: a\nurl: http://a.example\nversion: [1]", "a.yaml:3:1: version must be text"],
])("says what is wrong and where: %j", (text, problem) => {
  expect(problems(text)[0]).toContain(problem);
});

test("names everything that is wrong at once", () => {
  expect(problems("name: 5\nprice_per_task: x\ntags: y\n")).toEqual([
    "a.yaml:1:1: name must be text (found 5)",
    'a.yaml:2:1: price_per_task must be an amount of dollars, 0 or more (found "x")',
    'a.yaml:3:1: tags must be a list, such as [demo, text] (found "y")',
    "a.yaml: url is missing",
  ]);
});

test("refuses fields it does not know, and guesses what was meant: a slip in the price would give the work away", () => {
  expect(problems("name: a\nurl: http://a.example\ndscription: x\nprice: 1\nprice_per_taks: 1\n")).toEqual([
    'a.yaml:3:1: unknown field "dscription"; did you mean "description"?',
    'a.yaml:4:1: unknown field "price"; did you mean "price_per_task"?',
    'a.yaml:5:1: unknown field "price_per_taks"; did you mean "price_per_task"?',
  ]);
});

test("nothing that is written makes it fail in another way", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.json(), fc.string({ unit: fc.constantFrom(..."name: url[]{}&*!|>-\n'\"#%@`,?") })),
      (text) => {
        try {
          parse(text);
        } catch (error) {
          expect(error).toBeInstanceOf(CliError);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("a site or an MCP server is its address; what else it is called, it tells itself", () => {
  expect(
    parse("site: https://myshop.com\nprice_per_task: 0.05\nprices:\n  checkout__pay: 0.05\n  search: 0\n"),
  ).toEqual({
    url: "https://myshop.com",
    protocol: "site",
    pricePerTask: 0.05,
    prices: { checkout__pay: 0.05, search: 0 },
  });
  expect(parse("name: tools\nmcp: https://example.com/mcp\n")).toEqual({
    name: "tools",
    url: "https://example.com/mcp",
    protocol: "mcp",
  });
});

test.each([
  ["site: https://a.example\nurl: https://b.example", "site says where the agent is: remove url"],
  ["site: https://a.example\ncard: https://b.example/card.json", "site says where the agent is: remove card"],
  ["mcp: https://a.example\nprotocol: plain", "mcp says what the agent speaks: remove protocol"],
  ["mcp: https://a.example\nsite: https://a.example", "it is either a site or an mcp server, not both"],
  ["site: myshop.com", "site must be an address that starts with http"],
  ["site: https://a.example\nprices: [1]", "prices must hold lines such as"],
  ["site: https://a.example\nprices:\n  pay: free", 'pay is "free"'],
])("%j is refused: %s", (text, words) => {
  expect(problems(text).join("\n")).toContain(words);
});

test("an MCP server says which of its tools are offered, at what prices, and whom it trusts", () => {
  const text = `mcp: https://a.example/mcp
tools:
  include: [forecast, alerts]
  prices: { forecast: "0.05", alerts: 0 }
trust: auto
session: shared
`;
  const agent = parse(text);
  expect(agent).toEqual({
    url: "https://a.example/mcp",
    protocol: "mcp",
    tools: { include: ["forecast", "alerts"], prices: { forecast: 0.05, alerts: 0 } },
    trust: "auto",
    session: "shared",
  });
  expect(toFileFields(agent)).toMatchObject({ tools: agent.tools, trust: "auto", session: "shared" });
});

test.each([
  ["mcp: https://a.example\ntools: [add]", 'a.yaml:2:1: tools must hold "include", a list of names, or "prices"'],
  [
    "mcp: https://a.example\ntools:\n  prices: { add: 1 }\n  includes: [add]",
    'a.yaml:4:3: tools has an unknown field "includes"; did you mean "include"?',
  ],
  ["mcp: https://a.example\ntools:\n  include: add", "a.yaml:3:3: tools has an include, which must be a list of tools"],
  ["mcp: https://a.example\ntools:\n  include: []", "a.yaml:3:3: tools has an include, which must be a list of tools"],
  [
    "mcp: https://a.example\ntools:\n  include:\n    - add\n    - 5",
    "a.yaml:5:7: tools has an include, which must hold names of tools (found 5)",
  ],
  [
    "mcp: https://a.example\ntools:\n  prices:\n    add: 1\n    fail: free",
    'a.yaml:5:5: tools has prices, which must be amounts of dollars, 0 or more; fail is "free"',
  ],
  ["mcp: https://a.example\ntrust: always", 'a.yaml:2:1: trust must be pin or auto (found "always")'],
  ["mcp: https://a.example\nsession: [caller]", "a.yaml:2:1: session must be caller or shared"],
  ["site: https://a.example\ntrust: pin", "a.yaml:2:1: trust is said of MCP servers alone: remove it"],
  ["name: a\nurl: https://a.example\nprotocol: a2a\ntools: {}", "a.yaml:4:1: tools is said of MCP servers alone"],
])("what is said of MCP servers wrongly is told with its place: %j", (text, problem) => {
  expect(problems(text).join("\n")).toContain(problem);
});
