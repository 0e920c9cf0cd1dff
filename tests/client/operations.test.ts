import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { A2aAgent, AgentGateClient, UcpShop } from "../../packages/client/src/index.ts";
import { exceptions, methodOf, operationsOf } from "./operations.ts";
import { openStand, type Stand } from "./stand.ts";
import { uses } from "./uses.ts";

/**
 * The client has a method for each operation of the gateway, and each method is made here against a gateway that runs: what it asks and what
 * it is answered is what the gateway's own document says. An operation that is added fails here until it has a method.
 */

let stand: Stand;
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);

beforeAll(async () => {
  stand = await openStand(AgentGateClient);
  stand.gate.clock.today();
});
afterAll(() => stand.close());

test("each operation has a method, or a reason not to have one", () => {
  const names = operationsOf(stand.document).map(({ operationId }) => operationId);
  const known = [...Object.keys(uses), ...Object.keys(exceptions)];
  expect(names.filter((name) => !known.includes(name))).toEqual([]);
  expect(known.filter((name, index) => known.indexOf(name) !== index)).toEqual([]);
});

test.for(Object.entries(uses))("%s", async ([operationId, use], context) => {
  const { exchanges, document } = stand;
  const isKnown = operationsOf(document).some((operation) => operation.operationId === operationId);
  // Of a method that is here before its operation.
  if (!isKnown) return context.skip("the gateway has no such operation");
  const before = exchanges.length;
  const owner = spiedOn(operationId);
  await use(stand);
  const made = exchanges.slice(before).filter(({ operation }) => operation.operationId === operationId);
  expect(made.map(({ status }) => status)).not.toEqual([]);
  expect(owner.calls()).toBeGreaterThan(0);
  for (const { operation, status, asked, answered } of made) {
    expect(status, JSON.stringify(answered)).toBeLessThan(300);
    const { requestBody, responses } = operation;
    const taken = requestBody?.content["application/json"]?.schema;
    if (taken) expect(faults(taken, asked, document.components)).toEqual([]);
    else if (!requestBody?.content["multipart/form-data"]) expect(asked).toBe(undefined);
    const [given] = Object.entries(responses[status]?.content ?? {}).filter(([type]) => /json/.test(type));
    if (given && typeof answered !== "string")
      expect(faults(given[1].schema, answered, document.components)).toEqual([]);
  }
});

/** Counts the calls of the method that is said to make an operation, which is called all the same. */
function spiedOn(operationId: string): { calls(): number } {
  const [name = "", inner] = methodOf({ operationId }).split(".");
  const client: any = stand.admin;
  const others: Record<string, object> = { A2aAgent: new A2aAgent(client, "id"), UcpShop: new UcpShop(client) };
  const owned = others[name] ?? (name === "keysOf" ? client.keysOf(null) : client[name]);
  const spy = vi.spyOn(Object.getPrototypeOf(inner === undefined ? client : owned), inner ?? name);
  return {
    calls() {
      const count = spy.mock.calls.length;
      spy.mockRestore();
      return count;
    },
  };
}

function faults(schema: object, value: unknown, components: object): string[] {
  ajv.validate({ ...schema, components }, value);
  return (ajv.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
