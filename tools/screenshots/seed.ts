import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createGateway } from "../../packages/gateway/src/app.ts";
import { AgentStats } from "../../packages/gateway/src/call-log/rollups/agent-stats.ts";
import { CallLogStore } from "../../packages/gateway/src/call-log/store.ts";
import { callEntry } from "../../packages/gateway/src/call-log/testing/index.ts";
import { readConfig } from "../../packages/gateway/src/config/index.ts";
import type { Gateway } from "../../packages/gateway/src/gateway.ts";
import {
  orderedId,
  SeededRandom,
  silentLog,
  systemClock,
  systemRandom,
} from "../../packages/gateway/src/runtime/index.ts";
import { openStorage } from "../../packages/gateway/src/storage/index.ts";
import { testWebhooks } from "../../packages/gateway/src/webhooks/testing/index.ts";
import { openOthers, registerOthers, seedActivity, seedApprovals } from "./activity.ts";
import { type SeededAgent, seededAgents } from "./agents.ts";

const ADMIN_KEY = "screenshots-admin-key";
const DAY_MS = 86_400_000;
const DAYS = 30;
const CHECKED_DAYS = 90;
const CHECKS_A_DAY = 1_440;
const ORGS = ["Acme Robotics", "Nordlicht Media", "Pine & Partners", "Quayside Logistics"];
const ERRORS = ["timeout", "http_500", "connect_error", "invalid_response"];
const random = new SeededRandom(20_261_130);

export interface SeededGateway {
  url: string;
  gateway: Gateway;
  /** Ids by name. */
  agents: ReadonlyMap<string, string>;
  /** A key of the organization that owns agents and calls others. */
  orgKey: string;
  orgId: string;
  close(): Promise<void>;
}

/** A gateway whose agents are real servers on this machine, with a month of calls and three of pings. */
export async function seedGateway(dataDirectory: string, progress: (line: string) => void): Promise<SeededGateway> {
  const server = await startAgents();
  const agentsUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const options = { dataDirectory, apiKey: ADMIN_KEY, allowPrivateNetworks: true, rateLimit: 1e6, rateBurst: 1e6 };
  const others = await openOthers();
  const open = (approval?: "changes") =>
    createGateway(readConfig({}, { ...options, port: 0, ...(approval && { approval }) }), {
      clock: systemClock,
      reference: null,
      random: systemRandom,
      log: silentLog,
    });
  const first = await open();
  const call = callerAt(await first.http.listen({ host: "127.0.0.1", port: 0 }));
  progress("organizations and agents");
  const orgs: { id: string; key: string }[] = [];
  for (const name of ORGS) {
    const { id, api_key } = await call("POST", "/orgs/", { name, tier: "pro" });
    orgs.push({ id, key: api_key });
    await call("POST", `/orgs/${id}/topup`, { amount: 50 });
  }
  const agents = new Map<string, string>();
  for (const [at, agent] of seededAgents.entries()) {
    const owner = orgs[at % 3]!;
    agents.set(agent.name, (await call("POST", "/agents/", registrationOf(agent, agentsUrl), owner.key)).id);
  }
  const surroundings = { call, org: orgs[0]!, agents, serverUrl: agentsUrl };
  await registerOthers(surroundings, others);
  progress("calls that are made now");
  for (const agent of seededAgents) {
    const id = agents.get(agent.name)!;
    for (const payer of orgs) {
      const task = { id: `task-${agent.name}`, message: { parts: [{ type: "text", text: "Good morning" }] } };
      await call("POST", `/agents/${id}/task`, task, payer.key).catch(() => undefined);
    }
    const raters = orgs.toReversed();
    for (const [at, rating] of (agent.ratings ?? []).entries()) {
      const comment = COMMENTS[rating]!;
      const review = { rating, comment, reviewer: ORGS.toReversed()[at] };
      await call("POST", `/agents/${id}/reviews`, review, raters[at]!.key).catch(() => undefined);
    }
  }
  await seedActivity(surroundings);
  await first.close(2_000);
  progress("a month of calls, three of pings");
  await writeHistory(dataDirectory, agents, orgs);
  const gateway = await open("changes");
  const url = await gateway.http.listen({ host: "127.0.0.1", port: 0 });
  await gateway.start();
  await seedApprovals({ ...surroundings, call: callerAt(url) });
  return {
    url,
    gateway,
    agents,
    orgKey: orgs[0]!.key,
    orgId: orgs[0]!.id,
    async close() {
      await gateway.close(2_000);
      server.closeAllConnections();
      server.close();
      await others.close();
    },
  };
}

const COMMENTS: Record<number, string> = {
  2: "Often does not answer. Nothing was charged when it failed, at least.",
  3: "Does what it says, slowly.",
  4: "Good answers, and the price is fair.",
  5: "We call it some thousand times a week without a hitch.",
};

const registrationOf = (agent: SeededAgent, url: string) => ({
  name: agent.name,
  url: `${url}/${agent.name}`,
  version: agent.version,
  description: agent.description,
  tags: agent.tags,
  skills: agent.skills.map((name) => ({ id: name.toLowerCase().replaceAll(" ", "-"), name, description: `${name}.` })),
  price_per_task: agent.price,
  ...(agent.a2a && { card_url: `${url}/${agent.name}/.well-known/agent-card.json` }),
});

/** One server for all agents, each below its name. */
async function startAgents(): Promise<Server> {
  const server = createServer((request, response) => {
    const [, name = "", ...path] = (request.url ?? "").split("/");
    if (name === "hooks") return response.writeHead(204).end();
    const agent = seededAgents.find((each) => each.name === name);
    if (!agent || agent.isDown) return response.writeHead(503).end();
    const json = (body: unknown) => response.setHeader("content-type", "application/json").end(JSON.stringify(body));
    if (path[0] === "health") return response.end("ok");
    if (path[0] === ".well-known")
      return agent.a2a ? json(cardOf(agent, `http://${request.headers.host}/${name}`)) : response.writeHead(404).end();
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      const text = `Guten Morgen (from ${agent.name})`;
      if (!agent.a2a) return json({ status: { state: "completed" }, artifacts: [{ parts: [{ type: "text", text }] }] });
      const { id, params } = JSON.parse(body || "{}");
      if (agent.keepsTasks) return json({ jsonrpc: "2.0", id, result: { task: taskOf(params?.message, text) } });
      const message = { messageId: systemRandom.uuid(), role: "ROLE_AGENT", parts: [{ text }] };
      return json({ jsonrpc: "2.0", id, result: { message } });
    });
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

/** A task that is done, as its agent tells it. */
const taskOf = (message: { contextId?: string } | undefined, text: string) => ({
  id: systemRandom.uuid(),
  contextId: message?.contextId ?? systemRandom.uuid(),
  status: { state: "TASK_STATE_COMPLETED", timestamp: new Date().toISOString() },
  artifacts: [{ artifactId: "plan", name: "plan", parts: [{ text }] }],
});

const cardOf = (agent: SeededAgent, url: string) => ({
  name: agent.name,
  description: agent.description,
  version: agent.version,
  provider: { organization: "Lingua Labs", url: "https://lingua.example" },
  supportedInterfaces: [{ url, protocolBinding: "JSONRPC", protocolVersion: "1.0" }],
  capabilities: { streaming: true },
  defaultInputModes: ["text/plain"],
  defaultOutputModes: ["text/plain", "application/json"],
  skills: agent.skills.map((name) => ({ id: name.toLowerCase(), name, description: `${name}.`, tags: agent.tags })),
});

/** What the gateway would have counted had it run for that long: through the stores that count. */
async function writeHistory(
  dataDirectory: string,
  agents: ReadonlyMap<string, string>,
  orgs: readonly { id: string }[],
): Promise<void> {
  const storage = await openStorage({ dataDirectory, clock: systemClock, log: silentLog });
  const store = new CallLogStore(storage, testWebhooks(storage).announcer);
  const nowMs = Date.now();
  const today = Math.floor(nowMs / DAY_MS);
  for (const [at, agent] of seededAgents.entries()) {
    const id = agents.get(agent.name)!;
    const orgId = orgs[at % 3]!.id;
    const entries = Array.from({ length: DAYS }, (_, back) => callsOf(agent, back, nowMs, { id, orgId, orgs })).flat();
    for (let from = 0; from < entries.length; from += 500) await store.write(entries.slice(from, from + 500));
    const days = Array.from({ length: CHECKED_DAYS }, (_, back) => {
      const isBad = agent.isDown ? back < 2 : below(40) === 0;
      return {
        agent_id: id,
        day: BigInt(today - back),
        checks: BigInt(back === 0 ? 700 : CHECKS_A_DAY),
        failed: BigInt(isBad ? 20 + below(400) : 0),
      };
    });
    await storage.db
      .insertInto("health_days")
      .values(days.filter((_, back) => back > 0))
      .execute();
  }
  const now = BigInt(Math.floor(nowMs / 1000));
  while (await store.rollups.fold(now));
  const stats = new AgentStats(storage);
  while (await stats.compute(now));
  await storage.close();
}

const below = (limit: number): number => Math.floor(random.fraction() * limit);

function callsOf(
  agent: SeededAgent,
  back: number,
  nowMs: number,
  { id, orgId, orgs }: { id: string; orgId: string; orgs: readonly { id: string }[] },
) {
  const begun = nowMs - (back + 1) * DAY_MS;
  const count = Math.round((agent.calls / 3) * (0.6 + random.fraction() * 0.8));
  return Array.from({ length: count }, () => {
    const isFailed = below(1_000) < agent.failed;
    const took = Math.round(agent.takes * 1_000 * (0.5 + random.fraction() ** 3 * 4));
    const own = 180 + below(500);
    const payer = orgs[below(orgs.length)]!.id;
    const price = BigInt(Math.round(agent.price * 1e6));
    const createdAt = BigInt(Math.floor(begun + random.fraction() * DAY_MS)) * 1_000n;
    return callEntry({
      id: orderedId(systemRandom, createdAt),
      createdAt,
      agentId: id,
      agentName: agent.name,
      orgId,
      payerOrgId: payer,
      caller: `org:${payer}`,
      callerIp: `203.0.113.${below(250)}`,
      taskId: `task-${below(100_000)}`,
      traceId: random.uuid().replaceAll("-", ""),
      protocol: agent.a2a ? "a2a" : "plain",
      entrance: agent.a2a ? "a2a_jsonrpc" : "rest",
      errorDetail: isFailed ? ERRORS[below(ERRORS.length)]! : null,
      httpStatus: isFailed ? 502 : 200,
      askedMicros: own,
      agentMicros: took,
      firstByteMicros: own + Math.round(took * 0.9),
      latencyMicros: own + took,
      price: isFailed ? 0n : price,
      earned: isFailed ? 0n : (price * 975n) / 1000n,
      isPublic: true,
    });
  });
}

/** What of answers is read here. */
interface Answer {
  id: string;
  api_key: string;
  session_id: string;
}

const callerAt =
  (url: string) =>
  async (method: string, path: string, body?: unknown, key = ADMIN_KEY): Promise<Answer> => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 300)}`);
    return JSON.parse(text || "{}");
  };
