import { type Document, exceptions, methodOf, type Operation, operationsOf, type Schema } from "./operations.ts";

/** Members of a body that a method takes one by one, beside the parameters of the path. */
const positional: Readonly<Record<string, readonly string[]>> = {
  registerAgent: ["name", "url"],
  previewAgent: ["url"],
  setAgentGrant: ["actions"],
  approveAgent: ["expected", "reason"],
  rejectAgent: ["expected", "reason"],
  suspendAgent: ["reason"],
  resumeAgent: ["reason"],
  createOrg: ["name"],
  changeOrgTier: ["tier"],
  createOrgKey: ["name", "scopes"],
  createAdminKey: ["name", "scopes"],
  rotateOrgKey: ["grace_seconds"],
  rotateAdminKey: ["grace_seconds"],
  createChain: ["name", "steps"],
  runChain: ["input"],
  streamChainRun: ["input"],
  createWebhookEndpoint: ["url"],
  sendWebhooksAgain: ["endpoint_id"],
  createCheckout: ["agent_id", "task"],
  getOrgStatement: ["month"],
  getStatsTop: ["by"],
  deployAgent: ["file"],
  findProducts: ["ids"],
  getProduct: ["id"],
  sendMessage: ["message"],
  streamMessage: ["message"],
  callJsonRpc: ["method", "params"],
};

/** What a method is given under another name, or gives by itself. */
const renamed: Readonly<Record<string, Readonly<Record<string, string | null>>>> = {
  ...forAll(["listLogs", "getLogHistogram", "getLogFacets", "listEvents"], {
    ...{ agent_id: "agentIds", error: "errors", entrance: "entrances", skill: "skills", not_agent_id: "notAgentIds" },
    ...{
      not_error: "notErrors",
      not_entrance: "notEntrances",
      not_skill: "notSkills",
      not_payer_org_id: "notPayerOrgIds",
      format: null,
    },
  }),
  ...forAll(["getStatsSeries", "getStatsTop"], { agent_id: "agentIds" }),
  listKnownTasks: { agent_id: "agentIds", state: "states" },
  // Of these the method asks for all that there is.
  listTags: { limit: null, after: null },
  listOrgAgents: { after: null },
  getAgentsByName: { limit: null, offset: null, after: null },
  getAgentsHealth: { limit: null, after: null },
  listAgents: { after: null },
  listOrgs: { after: null },
  listChains: { after: null },
  ...forAll(["listOrgKeys", "listAdminKeys", "listWebhookEndpoints"], { limit: null, before: null }),
  ...forAll(["getDiscovery", "getAiCatalog", "getApiCatalog", "listUcpProducts"], { limit: null, after: null }),
  // `exportAudit`, `exportOrgStatement`, `exportOrgBillingBreakdown` and `followDeploymentLogs` ask for these.
  ...forAll(["listAudit", "listOrgAudit", "getOrgStatement", "getOrgBillingBreakdown"], { format: null }),
  getDeploymentLogs: { follow: null },
  callJsonRpc: { jsonrpc: null, id: null },
  ...forAll(["sendMessage", "streamMessage"], { configuration: "acceptedOutputModes" }),
  searchCatalog: { pagination: "cursor", context: null },
  findProducts: { context: null },
  getProduct: { context: null },
  ...forAll(["createCheckoutSession", "updateCheckoutSession"], {
    ...{ line_items: "line_items", buyer: null, context: null, attribution: null, signals: null },
  }),
  completeCheckoutSession: { payment: null, signals: null },
  getUcpVersionProfile: {},
};

/** What takes more than this gateway knows, as a newer one may, or has members that are called otherwise. */
const wider: Readonly<Record<string, readonly string[]>> = {
  ...forAll(["createWebhookEndpoint", "updateWebhookEndpoint"], ["events"]),
  ...forAll(["updateOrgKey", "updateAdminKey"], ["scopes"]),
  updateChain: ["steps"],
  registerAgent: ["credential", "protocol"],
  updateAgent: ["protocol"],
};

/** Bodies that the method takes whole. */
const whole = [
  "updateToolset",
  "sendTask",
  "streamTask",
  "setDeploymentSecrets",
  "createPushNotificationConfig",
  "setAgentCredential",
];

/** Methods that answer a part of what the gateway does, or what it says in another shape: `[member]` of the answer. */
const unwrapped: Readonly<Record<string, string>> = {
  ...{
    listTags: "tags",
    listOrgLimits: "entries",
    listNodes: "entries",
    listLogSinks: "entries",
    listSettings: "entries",
  },
  ...{ listOrgKeys: "entries", listAdminKeys: "entries", listWebhookEndpoints: "entries" },
  ...{ listPushNotificationConfigs: "configs", callJsonRpc: "result" },
};

function forAll<T>(names: readonly string[], value: T): Record<string, T> {
  return Object.fromEntries(names.map((name) => [name, value]));
}

/** A TypeScript program that compiles when the client's types are those of the document's schemas. A check is a declaration, called after its operation. */
export function checkProgram(document: Document): string {
  const schemas = Object.entries(document.components.schemas);
  const declared = (io: "answer" | "ask") =>
    schemas.map(([name, schema]) => `  ${JSON.stringify(name)}: ${typeOf(schema, io)};`).join("\n");
  return [
    `import type { A2aAgent, AgentGateClient, UcpShop } from "@agentgate/client";`,
    ...helpers,
    `interface Answers {\n${declared("answer")}\n}`,
    `interface Asks {\n${declared("ask")}\n}`,
    ...operationsOf(document)
      .filter(({ operationId }) => !(operationId in exceptions))
      .flatMap((operation) => checksOf(operation, document)),
  ].join("\n");
}

const helpers = [
  "type Client = AgentGateClient;",
  "type Call<F> = F extends (...given: infer A) => infer R ? { given: A; answer: Awaited<R> } : never;",
  // Of all overloads' and all parameters' objects.
  "type Fields<P> = P extends readonly (infer U)[] ? Extract<U, object> : never;",
  "type Keys<T> = T extends unknown ? keyof T : never;",
  "type Member<T, K> = T extends unknown ? (K extends keyof T ? T[K] : never) : never;",
  "type Plain<T> = Exclude<T, undefined | null | Date | boolean | readonly unknown[] | object>;",
  "type IsOpen<T> = unknown extends T ? true : string extends keyof T ? true : false;",
  `type Missing<G, C, D extends unknown[] = []> = D["length"] extends 6 ? never
    : unknown extends C ? never
    : unknown extends G ? never
    : G extends readonly (infer A)[] ? (Extract<C, readonly unknown[]> extends readonly (infer B)[] ? Missing<A, B, [...D, 1]> : "a list")
    : G extends object ? (true extends (C extends object ? IsOpen<C> : never) ? never
      : { [K in keyof G & string]: string extends K ? never : K extends Keys<Extract<C, object>> ? Missing<NonNullable<G[K]>, NonNullable<Member<Extract<C, object>, K>>, [...D, 1]> : K }[keyof G & string])
    : never;`,
];

const isJson = (type: string) => /[/+]json$/.test(type);
const STREAMS = ["streamTask", "streamMessage", "subscribeToTask", "listEvents", "streamChainRun"];

function checksOf(operation: Operation, { components }: Document): string[] {
  const { operationId: name, responses } = operation;
  const [owner = "", inner] = methodOf(operation).split(".");
  const holders: Record<string, string> = {
    keysOf: `ReturnType<Client["keysOf"]>`,
    A2aAgent: "A2aAgent",
    UcpShop: "UcpShop",
  };
  const holder = holders[owner] ?? `Client["${owner}"]`;
  const method = inner === undefined ? `Client["${owner}"]` : `(${holder})["${inner}"]`;
  const answers = Object.entries(responses)
    .filter(([status]) => status.startsWith("2"))
    .flatMap(([, { content = {} }]) => Object.entries(content).filter(([type]) => isJson(type)))
    .map(([, { schema }]) => typeOf(schema, "answer"));
  // Any JSON, events, a union of what the document has as one shape, or a format whose entries the document leaves open.
  const whatever = [
    "sendTask",
    "getOrderResult",
    "runChain",
    "deletePushNotificationConfig",
    "getSiteDirectory",
    ...STREAMS,
  ].includes(name);
  const answer = answers.length === 0 || whatever ? undefined : [...new Set(answers)].join(" | ");
  const member = unwrapped[name];
  const given = member === undefined ? answer : `NonNullable<(${answer})["${member}"]>`;
  return [
    `type ${name}_call = Call<${method}>;`,
    ...(given === undefined
      ? []
      : [
          `const ${name}_answered: ${name}_call["answer"] = null! as ${given};`,
          `const ${name}_missing: never = null! as Missing<${given}, ${name}_call["answer"]>;`,
        ]),
    ...askedOf(operation, components),
  ];
}

/** That each thing an operation takes is among what the method takes, and that what is given there it takes. */
function askedOf(
  { operationId: name, parameters, requestBody }: Operation,
  components: Document["components"],
): string[] {
  const fields = `Fields<${name}_call["given"]>`;
  const query = parameters
    .filter(({ in: place }) => place === "query")
    .map(({ name, schema }): [string, Schema] => [name, schema]);
  const media = Object.values(requestBody?.content ?? {})[0];
  const body = whole.includes(name) ? [] : Object.entries(propertiesOf(media?.schema ?? {}, components));
  const taken = [...new Map([...query, ...body])];
  const others = renamed[name] ?? {};
  const named = taken.filter(([one]) => !positional[name]?.includes(one) && others[one] !== null);
  const nameOf = (one: string) => others[one] ?? one.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const names = named.map(([one]) => JSON.stringify(nameOf(one)));
  return [
    `const ${name}_asked: Keys<${fields}> = null! as ${names.join(" | ") || "never"};`,
    // What a query has as one text may be given as a list or a date, and what is called otherwise has another shape.
    ...named
      .filter(([one]) => others[one] === undefined && !wider[name]?.includes(one))
      .map(([one, schema]) => {
        const type = `Exclude<Member<${fields}, "${nameOf(one)}">, undefined | Date>`;
        const plain = /^(?:string|number)/.test(typeOf(schema, "ask")) || "enum" in schema;
        return `const ${name}_takes_${nameOf(one)}: ${typeOf(schema, "ask")}${plain ? "" : " | null"} = null! as ${plain ? `Plain<${type}>` : type};`;
      }),
  ];
}

function propertiesOf(schema: Schema, components: Document["components"]): Record<string, Schema> {
  if (schema.$ref) return propertiesOf(components.schemas[nameIn(schema.$ref)]!, components);
  return schema.properties ?? {};
}

const nameIn = (ref: string) => ref.slice("#/components/schemas/".length);

/** @param io of what comes in, lists may be read-only and unknown members are nobody's business */
function typeOf(schema: Schema, io: "answer" | "ask"): string {
  const { $ref, type, anyOf, oneOf, allOf, items, properties, required = [], additionalProperties } = schema;
  if ($ref) return `${io === "answer" ? "Answers" : "Asks"}[${JSON.stringify(nameIn($ref))}]`;
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value: unknown) => JSON.stringify(value)).join(" | ");
  if (anyOf || oneOf) return `(${(anyOf ?? oneOf).map((one: Schema) => typeOf(one, io)).join(" | ")})`;
  if (allOf) return `(${allOf.map((one: Schema) => typeOf(one, io)).join(" & ")})`;
  if (Array.isArray(type)) return `(${type.map((one) => typeOf({ ...schema, type: one }, io)).join(" | ")})`;
  if (type === "array") return `${io === "ask" ? "readonly " : ""}(${typeOf(items ?? {}, io)})[]`;
  if (type === "object" || properties) {
    const members = Object.entries<Schema>(properties ?? {}).map(([name, member]) => {
      const optional = required.includes(name) ? "" : "?";
      const absent = io === "ask" && optional ? " | null | undefined" : "";
      const type = typeOf(member, io);
      // Absent is never undefined in JSON.
      return `${JSON.stringify(name)}${optional}: ${optional && type === "unknown" ? "{} | null" : type}${absent}`;
    });
    const inner = typeof additionalProperties === "object" ? typeOf(additionalProperties, io) : "unknown";
    return properties ? `{ ${members.join("; ")} }` : `{ [member: string]: ${inner} }`;
  }
  return (
    { string: "string", integer: "number", number: "number", boolean: "boolean", null: "null" }[type as string] ??
    "unknown"
  );
}
