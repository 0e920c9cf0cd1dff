// What a program does with the gateway's client, in whichever runtime.
import { A2aAgent, AgentGateClient, NotFoundError, textOf } from "./client.mjs";

/** @returns what it saw, of a plain agent and one that speaks A2A */
export async function program([url, apiKey, agentId, a2aId]) {
  const client = new AgentGateClient(url, { apiKey });
  const seen = {};

  seen.listed = (await client.listAgents()).length;
  const file = new File(["abc"], "a.txt", { type: "text/plain" });
  seen.sent = textOf(await client.sendTask(agentId, "Hello!", { files: [file] }));

  seen.streamed = [];
  for await (const event of client.streamTask(agentId, "Hello!")) seen.streamed.push(event.type);

  seen.events = [];
  for await (const { statusUpdate, task } of new A2aAgent(client, a2aId).streamMessage("hi"))
    seen.events.push((task ?? statusUpdate).status.state);

  for await (const { type } of client.followEvents()) {
    seen.followed = type;
    break;
  }

  seen.iterated = 0;
  for await (const _ of client.agents()) seen.iterated += 1;

  const missing = await client.getAgent("00000000-0000-4000-8000-000000000000").catch((error) => error);
  seen.missing = NotFoundError.isInstance(missing) && missing instanceof NotFoundError && missing.code;

  const nobody = new AgentGateClient("http://127.0.0.1:1", { retries: 1, timeoutMs: 5_000 });
  seen.unreachable = await nobody.health().catch((error) => error.code);

  const never = client.health({ signal: AbortSignal.abort("enough") });
  seen.aborted = await never.catch((reason) => reason);

  {
    await using closing = client;
    seen.closing = closing === client;
  }
  seen.closed = await client.health().catch((error) => error.code);
  return seen;
}
