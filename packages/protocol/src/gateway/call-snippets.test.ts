import { expect, test } from "vitest";
import { callSnippetsOf } from "./call-snippets.ts";

const url = "https://gate.example";
const textOf = (snippets: ReturnType<typeof callSnippetsOf>, id: string) => snippets.find((one) => one.id === id)!.text;

test("an agent that takes texts is told one, and shown the keys that it asks for", () => {
  const free = callSnippetsOf({ url, id: "a1", isPaid: false, requiresKey: false });
  expect(textOf(free, "curl")).toContain(`-d '{"message":{"parts":[{"type":"text","text":"Hello!"}]}}'`);
  expect(textOf(free, "curl")).not.toContain("authorization");
  const both = callSnippetsOf({ url, id: "a1", isPaid: true, requiresKey: true });
  expect(textOf(both, "curl")).toContain('-H "authorization: Bearer $AGENT_KEY"');
  expect(textOf(both, "curl")).toContain('-H "x-agentgate-payer-key: $AGENTGATE_API_KEY"');
  expect(textOf(both, "cli")).toContain(`call a1 'Hello!'`);
});

test("a tool is called with arguments that its schema demands, whatever is in its name", () => {
  const inputSchema = {
    type: "object",
    required: ["city", "days"],
    properties: { city: { examples: ["l'Aquila"] }, days: { type: "integer" } },
  };
  const told = callSnippetsOf({
    url,
    id: "m1",
    isPaid: false,
    requiresKey: false,
    tool: { name: "forecast", inputSchema },
  });
  const data = { tool: "forecast", arguments: { city: "l'Aquila", days: 1 } };
  const [, given] = /-d '(.*)'$/s.exec(textOf(told, "curl"))!;
  expect(JSON.parse(given!.replaceAll(`'\\''`, "'"))).toEqual({ message: { parts: [{ type: "data", data }] } });
  expect(textOf(told, "cli")).toContain(`call m1 'forecast' 'city=l'\\''Aquila' 'days:=1'`);
  expect(textOf(told, "sdk")).toContain(`{ message: { parts: [{ type: "data", data: ${JSON.stringify(data)} }] } }`);
  expect(textOf(told, "a2a")).toContain(`"parts":[{"data":${JSON.stringify(data).replaceAll("'", `'\\''`)}}]`);
});
