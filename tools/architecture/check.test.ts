import { expect, test } from "vitest";
import { checkArchitecture } from "./check.ts";

const at = (path: string, text: string) => ({ path, text });

test("a room may use the public face of a lower floor", () => {
  const files = [
    at("packages/gateway/src/routing/pipeline.ts", 'import { x } from "../agents/index.ts"; export const y = x;'),
    at("packages/gateway/src/agents/index.ts", "export const x = 1;"),
  ];
  expect(checkArchitecture(files)).toEqual([]);
});

test("a room to come has its floor already", () => {
  const above = { web: "mcp", chains: "events", deploy: "billing", sites: "audit", webhooks: "access", ucp: "routing" };
  const files = Object.entries(above).map(([room, lower]) =>
    at(`packages/gateway/src/${room}/a.ts`, `import "../${lower}/index.ts";`),
  );
  expect(checkArchitecture(files)).toEqual([]);
});

test.each([
  [
    "an import that climbs",
    "packages/gateway/src/agents/a.ts",
    'import "../routing/index.ts";',
    /agents may not use routing/,
  ],
  [
    "an import on the same floor",
    "packages/gateway/src/http/a.ts",
    'import "../storage/index.ts";',
    /http may not use storage/,
  ],
  [
    "a private file of another room",
    "packages/gateway/src/routing/a.ts",
    'export * from "../agents/store.ts";',
    /private to agents/,
  ],
  [
    "a room's private file from the composition root",
    "packages/gateway/src/app.ts",
    'import "./agents/store.ts";',
    /private to agents/,
  ],
  [
    "a room to come that climbs",
    "packages/gateway/src/webhooks/a.ts",
    'import "../orgs/index.ts";',
    /may not use orgs/,
  ],
  ["the composition root from a room", "packages/gateway/src/routing/a.ts", 'import("../app.ts");', /composition root/],
  ["a room without a floor", "packages/gateway/src/attic/a.ts", 'import "./b.ts";', /stands on no floor/],
  [
    "a forbidden package",
    "packages/client/src/a.ts",
    'import "@agentgate/gateway";',
    /client may not import @agentgate\/gateway/,
  ],
  [
    "another package's files",
    "packages/site/src/a.ts",
    'import "../../protocol/src/b.ts";',
    /reaches into another package/,
  ],
  ["a composition root that grows", "packages/gateway/src/app.ts", "\n".repeat(181), /more than 180 lines/],
  ["a name that says nothing", "packages/site/src/utils.ts", "", /one concept/],
  ["a name that is not kebab-case", "packages/site/src/AgentApp.ts", "", /kebab-case/],
])("%s is reported", (_, path, text, message) => {
  expect(checkArchitecture([at(path, text)])).toEqual([expect.stringMatching(message)]);
});

test("a circle is reported once", () => {
  const files = [
    at("packages/site/src/b.ts", 'import "./c.ts";'),
    at("packages/site/src/c.ts", 'import "./a.ts";'),
    at("packages/site/src/a.ts", 'import "./b.ts";'),
  ];
  expect(checkArchitecture(files)).toEqual([
    "import circle: packages/site/src/a.ts -> packages/site/src/b.ts -> packages/site/src/c.ts -> packages/site/src/a.ts",
  ]);
});
