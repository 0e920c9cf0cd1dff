import fc from "fast-check";
import { expect, test } from "vitest";
import { isPlainlyNamed, plainlyNamed } from "./answers.ts";
import { normalizeCard } from "./card/normalize.ts";
import { renderCard } from "./card/render.ts";
import type { DialectName } from "./dialect.ts";
import { A2AError } from "./errors.ts";
import type { JsonObject } from "./json.ts";
import type { Operation } from "./operations.ts";
import { paramsOfQuery, ruledParams } from "./params.ts";
import { isTaskState, toTaskState } from "./task-state.ts";
import { fromMessageV03 } from "./v0-3/message.ts";

const LAST_CODE_POINT = 0x10ffff;
/** What readers may do to a name before they compare it. */
const foldings: ((text: string) => string)[] = [
  (text) => text.toLowerCase(),
  (text) => text.toUpperCase(),
  (text) => text.toLocaleLowerCase("tr"),
  (text) => text.toLocaleUpperCase("tr"),
  (text) => text.toUpperCase().toLowerCase(),
  ...["NFC", "NFD", "NFKC", "NFKD"].map((form) => (text: string) => text.normalize(form)),
  (text) => text.normalize("NFKC").toUpperCase().toLowerCase(),
  (text) => text.normalize("NFKD").replace(/\p{M}/gu, ""),
];

/** Code points beyond ASCII that some folding makes ASCII, under what they become. */
const lookalikes = new Map<string, string[]>();
for (let code = 0x80; code <= LAST_CODE_POINT; code++) {
  if (code >= 0xd800 && code <= 0xdfff) continue;
  const character = String.fromCodePoint(code);
  const letters = foldings.map((fold) => fold(character).toLowerCase()).filter((folded) => /^[a-z_]+$/.test(folded));
  // Case folding by regular expression is Unicode's simple folding.
  for (const letter of ["k", "s", "i"]) if (new RegExp(letter, "iu").test(character)) letters.push(letter);
  for (const folded of new Set(letters)) lookalikes.set(folded, [...(lookalikes.get(folded) ?? []), character]);
}
/** Not seen, and dropped by some. */
const unseen = [
  ..."\u00ad\u200b\u200c\u200d\u2060\ufeff\u180e\u034f\u202e\u2066\ufe0f\u0300\u0000\t\n\r\u000b\u001f\u007f\u00a0\u3000\u2028\ud800\udc00",
];

/** Where a name stands, by the operation and the dialect. */
type Place = [names: readonly string[], place: (member: JsonObject) => JsonObject, only?: DialectName];
const inMessage = ["messageId", "contextId", "taskId", "referenceTaskIds", "role", "parts"];
const sendPlaces: Place[] = [
  [["message", "configuration", "tenant"], (member) => member],
  [inMessage, (member) => ({ message: member })],
  [inMessage, (member) => ({ request: member }), "0.3-rest"],
  [["taskPushNotificationConfig"], (member) => ({ configuration: member }), "1.0"],
  [["pushNotificationConfig"], (member) => ({ configuration: member }), "0.3"],
  [["pushNotification"], (member) => ({ configuration: member }), "0.3-rest"],
  [["url", "id"], (member) => ({ configuration: { taskPushNotificationConfig: member } }), "1.0"],
];
const places: [Operation, Place][] = [
  ...(["SendMessage", "SendStreamingMessage"] as const).flatMap((operation) =>
    sendPlaces.map((place): [Operation, Place] => [operation, place]),
  ),
  ...(["GetTask", "CancelTask", "SubscribeToTask"] as const).map((operation): [Operation, Place] => [
    operation,
    [["id", "tenant"], (member) => member],
  ]),
  ["ListTasks", [["contextId", "pageToken", "tenant"], (member) => member]],
  ["DeleteTaskPushNotificationConfig", [["id", "taskId", "tenant"], (member) => member]],
];
const dialects: readonly DialectName[] = ["1.0", "0.3", "0.3-rest"];

/** A name in a place where it has a rule. */
const ruled = fc.constantFrom(...places).chain(([operation, [names, place, only]]) =>
  fc.record({
    operation: fc.constant(operation),
    dialect: only ? fc.constant(only) : fc.constantFrom(...dialects),
    name: fc.constantFrom(...names),
    place: fc.constant(place),
  }),
);

const refused = (operation: Operation, dialect: DialectName, params: JsonObject): boolean => {
  try {
    ruledParams(operation, dialect, params);
    return false;
  } catch (error) {
    return A2AError.isInstance(error) && error.is("InvalidParams");
  }
};

test("there are such code points, and the ones that Go folds are among them", () => {
  expect(lookalikes.get("s")).toContain("\u017f");
  expect(lookalikes.get("k")).toContain("\u212a");
  expect(lookalikes.get("i")).toEqual(expect.arrayContaining(["\u0130", "\u0131", "\uff49"]));
  expect(lookalikes.get("ss")).toContain("\u00df");
  expect([...lookalikes.values()].flat().length).toBeGreaterThan(1_000);
});

test("every code point that some folding makes a letter is refused in every ruled name that has the letter", () => {
  let tried = 0;
  for (const [operation, [names, place, only]] of places) {
    for (const name of names) {
      const lower = name.toLowerCase();
      for (const [letters, characters] of lookalikes) {
        const at = lower.indexOf(letters);
        if (at < 0) continue;
        for (const character of characters) {
          const spelled = name.slice(0, at) + character + name.slice(at + letters.length);
          const params = place({ [name]: "mine", [spelled]: "foreign" });
          if (!refused(operation, only ?? "1.0", params)) expect.fail(`${JSON.stringify(spelled)} in ${operation}`);
          tried++;
        }
      }
    }
  }
  expect(tried).toBeGreaterThan(20_000);
});

test("several letters at once, in any case, with what is not seen among them, are refused", () => {
  const spelling = ruled.chain(({ name, ...where }) => {
    const letters = [...name].map((letter) =>
      fc.constantFrom(letter, letter.toUpperCase(), ...(lookalikes.get(letter.toLowerCase()) ?? [])),
    );
    return fc.record({
      where: fc.constant({ name, ...where }),
      letters: fc.tuple(...letters),
      at: fc.nat(name.length),
      extra: fc.constantFrom("", ...unseen),
    });
  });
  fc.assert(
    fc.property(spelling, ({ where: { operation, dialect, name, place }, letters, at, extra }) => {
      const spelled = [...letters.slice(0, at), extra, ...letters.slice(at)].join("");
      fc.pre(spelled !== name);
      const isAscii = /^[\x20-\x7e]*$/.test(spelled);
      const given = place({ [spelled]: { taskId: "foreign" } });
      if (!isAscii) return void expect(refused(operation, dialect, given)).toBe(true);
      expect(ruledParams(operation, dialect, given)).toEqual(place({ [name]: { taskId: "foreign" } }));
    }),
    { numRuns: 2_000 },
  );
});

test("proto names, any case, underscores and hyphens are the ruled name; the last of several counts", () => {
  fc.assert(
    fc.property(
      ruled,
      fc.infiniteStream(fc.boolean()),
      fc.constantFrom("_", "-", ""),
      ({ operation, dialect, name, place }, upper, mark) => {
        const next = upper[Symbol.iterator]();
        const spelled = [...name]
          .map((letter) => (next.next().value ? letter.toUpperCase() : letter.toLowerCase()) + mark)
          .join("");
        const params = place({ [name]: "mine", [spelled]: "theirs" });
        const expected = place({ [name]: spelled === name ? "mine" : "theirs" });
        expect(ruledParams(operation, dialect, params)).toEqual(spelled === name ? params : expected);
      },
    ),
  );
});

test.each([
  "taskId ",
  " taskId",
  "taskId\0",
  "taskId\0x",
  "task.Id",
  "taskId.x",
  "taskId[0]",
  "taskId[]",
  "task Id",
  "(taskId)",
  "task\u0131d",
])("%j beside taskId is refused", (name) => {
  expect(refused("SendMessage", "1.0", { message: { [name]: "foreign" } })).toBe(true);
  expect(refused("DeleteTaskPushNotificationConfig", "0.3", { [name]: "foreign" })).toBe(true);
});

test.each(["message.taskId", "message[taskId]", "message/taskId"])("%j, a path inward, is refused", (name) => {
  expect(refused("SendMessage", "1.0", { message: {}, [name]: "foreign" })).toBe(true);
});

test("an error shows a name in ASCII, and not all of a long one", () => {
  const given = { [`ta\u017fkId${"\u202e".repeat(5_000)}`]: 1 };
  expect(() => ruledParams("GetTask", "1.0", given)).toThrow(/"ta\\u017fkId\\u202e/);
  try {
    ruledParams("GetTask", "1.0", given);
  } catch (error) {
    expect((error as Error).message).toMatch(/^[\x20-\x7e]{1,600}$/);
  }
});

test("another version's names for a task, a context or a config are left out", () => {
  const push = { url: "http://127.0.0.1/" };
  const message = { messageId: "m" };
  const foreign = { id: "x", task_id: "x", sessionId: "x", contextId: "x", reference_task_ids: ["x"] };
  for (const dialect of dialects) {
    expect(ruledParams("SendMessage", dialect, { message, ...foreign, pushNotification: push })).toEqual({ message });
    expect(ruledParams("GetTask", dialect, { id: "mine", taskId: "x", name: "tasks/x" })).toEqual({ id: "mine" });
  }
  expect(ruledParams("SendMessage", "1.0", { message, request: message })).toEqual({ message });
  const configuration = { pushNotificationConfig: push, taskPushNotificationConfig: push };
  expect(ruledParams("SendMessage", "1.0", { message, configuration })).toEqual({
    message,
    configuration: { taskPushNotificationConfig: push },
  });
  expect(ruledParams("SendMessage", "0.3", { message, configuration })).toEqual({
    message,
    configuration: { pushNotificationConfig: push },
  });
});

test("free-form places, and names that nobody takes for a ruled one, pass untouched", () => {
  const free = { "ta\u017fkId": 1, "https://ext.example/v1": 2, "": 3, "taskId ": 4 };
  const params = {
    message: {
      messageId: "m",
      parts: [{ data: free, metadata: free, "na\u00efve": 1 }, "no part"],
      metadata: free,
      extensions: ["https://ext.example/v1"],
      "x-own": 1,
      "https://ext.example/v1": 1,
    },
    metadata: free,
    "x-own": free,
  };
  for (const operation of ["SendMessage", "SendStreamingMessage"] as const) {
    for (const dialect of dialects) expect(ruledParams(operation, dialect, params)).toBe(params);
  }
});

test("what an agent tells loses what some could take for a ruled member, and nothing else", () => {
  const task = {
    id: "t",
    contextId: "c",
    status: { state: "TASK_STATE_WORKING", "x-own": 1 },
    "x-own": [1],
    metadata: {},
  };
  const free = { "ta\u017fk": 1, "": 2 };
  const artifacts = [{ artifactId: "a", parts: [{ data: free }], metadata: free }];
  for (const plain of [
    { task },
    task,
    { task: { ...task, artifacts } },
    { status_update: { task_id: "t" } },
    { "x-own": {} },
  ]) {
    expect(isPlainlyNamed(plain)).toBe(true);
    expect(plainlyNamed(plain)).toEqual(plain);
  }
  const odd = ["ta\u017fk", "TASK", "task ", "t\uff41sk", "task\u200b", "sta\u017ftus"];
  for (const name of odd) {
    for (const [given, plain] of [
      [{ task, [name]: { id: "another" } }, { task }],
      [{ task: { ...task, [name]: "another" } }, { task }],
    ] as const) {
      expect(isPlainlyNamed(given)).toBe(false);
      expect(plainlyNamed(given)).toEqual(plain);
    }
  }
  for (const name of ["STATE", "\u017ftate", "state "]) {
    const given = { ...task, status: { ...task.status, [name]: "TASK_STATE_COMPLETED" } };
    expect([isPlainlyNamed(given), isPlainlyNamed({ statusUpdate: given })]).toEqual([false, false]);
    expect(plainlyNamed(given)).toEqual(task);
    expect(plainlyNamed({ statusUpdate: given })).toEqual({ statusUpdate: task });
  }
});

test("a card as it is served has no address and no scheme but the gateway's, whoever reads it", () => {
  const theirs = { url: "http://agent.example/", protocolBinding: "JSONRPC", protocolVersion: "1.0" };
  const odd = {
    URL: theirs.url,
    "u\uff52l": theirs.url,
    SupportedInterfaces: [theirs],
    "\u017fupportedInterfaces": [theirs],
    "supported-interfaces": [theirs],
    "additionalInterface\u017f": [theirs],
    SECURITYSCHEMES: {},
    UCP: { price_per_task: 0 },
    "url ": theirs.url,
  };
  const own = { iconUrl: "http://agent.example/icon", "x-own": 1, provider: { organization: "o", url: "http://o/" } };
  const skill = { id: "s", name: "s", description: "", tags: [], examples: ["e"] };
  const given = {
    ...{ name: "a", description: "d", version: "1", capabilities: {}, supportedInterfaces: [theirs] },
    ...{ skills: [{ ...skill, "\u017fecurity": [{}], ID: "another" }], ...odd, ...own },
  };
  const { rest, skills, ...content } = normalizeCard(given);
  expect([rest, skills]).toEqual([own, [skill]]);
  const face = { url: "http://gate.example", streaming: false, pushNotifications: false, extendedAgentCard: false };
  for (const format of ["1.0", "hybrid", "0.3"] as const) {
    const card = renderCard({ ...content, rest, skills }, { ...face, authentication: "none" }, format);
    expect(Object.keys(card).filter((name) => name in odd)).toEqual([]);
  }
});

test("names that every object has are no states and no roles", () => {
  for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
    expect([isTaskState(name), toTaskState(name)]).toEqual([false, "TASK_STATE_UNSPECIFIED"]);
    expect(() => fromMessageV03({ messageId: "m", role: name, parts: [] })).toThrow(A2AError);
  }
});

test("a query's names have the same rules", () => {
  expect(paramsOfQuery("ListTasks", "1.0", [["Context-ID", "c"]])).toEqual({ contextId: "c" });
  expect(() => paramsOfQuery("ListTasks", "1.0", [["context\u0131d", "c"]])).toThrow(A2AError);
});
