import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cardOf, startRawAgent } from "../packages/gateway/src/a2a/testing/raw-agent.ts";
import { startTestGateway, type TestGateway } from "../packages/gateway/src/testing/index.ts";

interface Page {
  path: string;
  method: string;
  operationId: string;
  tags: string[];
  [member: string]: any;
}

/** The slashes of the contract (section 1.1), which linters do not like. */
const SLASHED = ["/agents/", "/chains/", "/deploy/", "/orgs/"];

/** Verbs that operations begin with, as their callers say them. */
const SPOKEN =
  /^(?:approve|call|cancel|change|check|complete|confirm|create|delete|deploy|disable|enable|find|get|list|preview|refresh|register|reject|resume|review|rotate|run|search|send|set|stream|subscribe|suspend|take|topup|undeploy|update|verify)(?:[A-Z][a-z]+|A2A)+$/;

const refsIn = (value: unknown): string[] => {
  if (typeof value !== "object" || value === null) return [];
  const { $ref } = value as { $ref?: unknown };
  return [...(typeof $ref === "string" ? [$ref] : []), ...Object.values(value).flatMap(refsIn)];
};

let gate: TestGateway;
let document: any;
let pages: Page[];
beforeAll(async () => {
  gate = await startTestGateway();
  document = (await gate.call("GET", "/openapi.json", undefined, null)).body;
  pages = Object.entries<any>(document.paths).flatMap(([path, methods]) =>
    Object.entries<any>(methods).map(([method, page]) => ({ path, method, ...page })),
  );
});
afterAll(() => gate.close());

describe("the gateway's OpenAPI document", () => {
  test("is one of OpenAPI 3.1, with a licence and a server that is wherever it was read", async () => {
    expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true });
    expect(document.info.license).toEqual({ name: "MIT", identifier: "MIT" });
    expect(document.servers).toEqual([{ url: "/", description: expect.any(String) }]);
    const known = await startTestGateway("sqlite", { publicUrl: "https://gate.example" });
    const { body } = await known.call("GET", "/openapi.json", undefined, null);
    await known.close();
    expect(body.servers.map(({ url }: any) => url)).toEqual(["/", "https://gate.example"]);
  });

  test("calls each operation by a name of its own, as one would say it", () => {
    const names = pages.map(({ operationId }) => operationId);
    expect(names.filter((name) => !SPOKEN.test(name))).toEqual([]);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(["getLatestAgent", "sendTask", "registerAgent", "getOrgWallet"]));
  });

  test("says of each operation what it is for, who may call it, and how it can end", () => {
    const tags = new Map<string, string>(document.tags.map(({ name, description }: any) => [name, description]));
    for (const { operationId, summary, description, security, responses, tags: named, "x-action": action } of pages) {
      expect(summary, operationId).toMatch(/^[A-Z].*[^.]$/);
      expect(description, operationId).toMatch(/^[A-Z`].*\.$/s);
      expect(security, operationId).toBeInstanceOf(Array);
      expect(action, operationId).toMatch(/^[a-z_]+:[a-z_]+$/);
      expect(
        named.map((name) => tags.get(name)),
        operationId,
      ).toEqual([expect.stringMatching(/^[A-Z].*\w$/)]);
      const statuses = Object.keys(responses);
      expect(statuses.some((status) => /^[23]/.test(status)) && statuses.some((status) => /^4/.test(status))).toBe(
        true,
      );
    }
    expect([...tags.keys()].filter((name) => !pages.some((page) => page.tags.includes(name)))).toEqual([]);
  });

  test("names each shape once and refers to it", () => {
    const { schemas } = document.components;
    const referred = new Set(refsIn(document));
    expect([...referred].filter((ref) => !schemas[ref.replace("#/components/schemas/", "")])).toEqual([]);
    expect(Object.keys(schemas).filter((name) => !referred.has(`#/components/schemas/${name}`))).toEqual([]);
    for (const { operationId, requestBody, responses } of pages) {
      const contents = [requestBody, ...Object.values<any>(responses)].map((part) => part?.content ?? {});
      const spelledOut = contents
        .flatMap((content) => Object.values<any>(content))
        .filter((one) => one.schema.properties);
      expect(spelledOut, operationId).toEqual([]);
    }
    expect(pages.map(({ path }) => path).filter((path) => path.endsWith("/") && !SLASHED.includes(path))).toEqual([]);
  });

  test("has no operation that only ever refuses", async () => {
    expect(document.paths).not.toHaveProperty("/.well-known/agent-card.json");
    expect((await gate.call("GET", "/.well-known/agent-card.json")).status).toBe(404);
  });

  test("rules out no member that answers may gain", () => {
    expect(JSON.stringify(document)).not.toContain('"additionalProperties":false');
  });

  test("has examples that are what it asks for", () => {
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    const withExample = pages.filter(({ requestBody }) => requestBody?.content["application/json"]?.example);
    expect(withExample.length).toBeGreaterThan(10);
    for (const { operationId, requestBody } of withExample) {
      const { schema, example } = requestBody.content["application/json"];
      expect(ajv.validate({ ...schema, components: document.components }, example), operationId).toBe(true);
    }
  });

  test("says which values parameters have", () => {
    const parameter = (operationId: string, name: string) =>
      pages.find((page) => page.operationId === operationId)!.parameters.find((one: any) => one.name === name).schema;
    expect(parameter("deleteOrg", "force")).toEqual({ type: "string", enum: ["true", "false"], default: "false" });
    expect(parameter("refreshAgent", "dry_run")).toEqual({ type: "string", enum: ["true", "false"], default: "false" });
    expect(parameter("listTasks", "status").enum).toContain("TASK_STATE_WORKING");
    expect(parameter("listTasks", "statusTimestampAfter")).toMatchObject({ type: "string", format: "date-time" });
    expect(document.components.schemas.NewAgent.properties.version.anyOf[0].type).toEqual(["string", "number"]);
  });

  test("is true of a card that gains and loses members", async () => {
    let more: object = {};
    const agent = await startRawAgent(
      (_request, response) => response.end(),
      (url) => cardOf(url, more),
    );
    const { id } = await gate.register({ url: agent.url });
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    const isRefresh = ajv.compile({ ...document.components.schemas.CardRefresh, components: document.components });
    for (const next of [{ documentationUrl: "https://agent.example/docs" }, {}]) {
      more = next;
      const { body } = await gate.call("POST", `/agents/${id}/refresh`);
      expect(body.differences).toHaveLength(1);
      expect(isRefresh(body), ajv.errorsText(isRefresh.errors)).toBe(true);
    }
    await agent.close();
  });
});
