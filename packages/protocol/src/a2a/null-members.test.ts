import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dialects, isObject, type JsonObject, normalizeCard, withoutNulls } from "./index.ts";

/** Members that the proto has, by the message they may stand in. */
const optional = {
  event: ["task", "message", "statusUpdate", "artifactUpdate"],
  task: ["artifacts", "history", "metadata", "contextId"],
  status: ["message", "timestamp"],
  message: ["contextId", "taskId", "metadata", "extensions", "referenceTaskIds"],
  artifact: ["name", "description", "metadata", "extensions"],
  update: ["metadata", "append", "lastChunk"],
  part: ["filename", "mediaType", "metadata", "raw", "url"],
};

const metadata = fc.constant({ kept: null });
const part: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({ text: fc.string() }),
  fc.record({ data: fc.constantFrom(null, { inner: null }, [null]), metadata }),
);
const message = fc.record({
  messageId: fc.constant("m"),
  role: fc.constant("ROLE_AGENT"),
  parts: fc.array(part, { minLength: 1, maxLength: 2 }),
});
const status = fc.record(
  { state: fc.constant("TASK_STATE_WORKING"), message, timestamp: fc.constant("2026-01-02T03:04:05Z") },
  { requiredKeys: ["state"] },
);
const artifact = fc.record(
  { artifactId: fc.constant("a"), parts: fc.array(part, { minLength: 1, maxLength: 2 }), metadata },
  { requiredKeys: ["artifactId", "parts"] },
);
const task = fc.record(
  {
    id: fc.constant("t"),
    contextId: fc.constant("c"),
    status,
    artifacts: fc.array(artifact, { maxLength: 2 }),
    history: fc.array(message, { maxLength: 2 }),
  },
  { requiredKeys: ["id", "contextId", "status"] },
);
const update = { taskId: fc.constant("t"), contextId: fc.constant("c") };
const event: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({ task }),
  fc.record({ message }),
  fc.record({ statusUpdate: fc.record({ ...update, status }) }),
  fc.record({ artifactUpdate: fc.record({ ...update, artifact }) }),
);

/** The same with a null for each member that is not set. */
function withNulls(value: unknown, kind: keyof typeof optional): unknown {
  if (!isObject(value)) return value;
  const nulls = Object.fromEntries(optional[kind].map((name) => [name, null]));
  const inner = Object.entries(value).map(([name, member]) => {
    if (name === "task" || name === "message" || name === "status" || name === "artifact")
      return [name, withNulls(member, name)];
    if (name === "statusUpdate" || name === "artifactUpdate") return [name, withNulls(member, "update")];
    const kinds = { parts: "part", history: "message", artifacts: "artifact" } as const;
    const listed = kinds[name as keyof typeof kinds];
    return [name, listed && Array.isArray(member) ? member.map((item) => withNulls(item, listed)) : member];
  });
  return { ...nulls, ...Object.fromEntries(inner) };
}

describe("null stands for not set", () => {
  const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value));

  test("in events and answers, wherever it stands, but for data and what is free-form", () => {
    fc.assert(
      fc.property(event, (given) => {
        expect(withoutNulls(withNulls(given, "event"))).toEqual(plain(given));
        expect(withoutNulls(given)).toBe(given);
      }),
    );
  });

  test.each(["0.3", "0.3-rest"] as const)("in what is told to %s callers and what their agents say", (name) => {
    const { toEvent, fromEvent, toResult } = dialects[name];
    fc.assert(
      fc.property(event, (given) => {
        const told = toEvent(plain(given));
        expect(toEvent(withNulls(plain(given), "event"))).toEqual(told);
        expect(toResult("SendMessage", withNulls(plain(given), "event"))).toEqual(
          toResult("SendMessage", plain(given)),
        );
        const [kind] = Object.keys(told as JsonObject);
        const said =
          name === "0.3"
            ? withNulls(told, "task")
            : { ...(withNulls(told, "event") as JsonObject), [kind!]: (told as JsonObject)[kind!] };
        expect(fromEvent(said)).toEqual(fromEvent(told));
      }),
    );
  });

  test("in cards", () => {
    const skill = { id: "s", name: "S", description: "d", tags: ["t"] };
    const at = { url: "https://a.example/", protocolBinding: "JSONRPC", protocolVersion: "1.0" };
    const card = {
      name: "a",
      description: "d",
      version: "1",
      capabilities: {},
      supportedInterfaces: [at],
      skills: [skill],
    };
    const nulls = {
      ...card,
      ...{ provider: null, iconUrl: null, url: null, protocolVersion: null, signatures: null, securitySchemes: null },
      supportedInterfaces: [{ ...at, tenant: null }],
      capabilities: { streaming: null, extensions: null },
      skills: [{ ...skill, examples: null, inputModes: null }],
    };
    expect(normalizeCard(nulls)).toEqual(normalizeCard(card));
  });
});
