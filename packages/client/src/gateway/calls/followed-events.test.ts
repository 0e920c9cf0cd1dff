import { expect, test } from "vitest";
import { startAgent, startTestGateway, textTask } from "../../../../gateway/src/testing/index.ts";
import { AgentGateClient } from "../agentgate-client.ts";

test("events are followed past the end of a node, and up to the end of the key", async () => {
  const [gate, agent] = await Promise.all([startTestGateway(), startAgent()]);
  const node = await gate.another();
  const org = await gate.createOrg("Acme");
  const { id } = await gate.register({ name: "echo", url: agent.url }, org.key);
  const { body } = await gate.call("POST", `/orgs/${org.id}/keys`, { name: "k", scopes: ["logs:read"] }, org.key);
  // As a balancer would: to whichever lives.
  let url = node.url;
  const fetchFrom: typeof fetch = (given, init) => fetch(String(given).replace("http://gate.example", url), init);
  const client = new AgentGateClient({ baseUrl: "http://gate.example", apiKey: body.key, fetch: fetchFrom });
  const call = () => gate.call("POST", `/agents/${id}/task`, textTask("hi"), org.key);
  const told: unknown[] = [];
  const failure = (async () => {
    for await (const event of client.followEvents({ topics: ["logs"], agentId: id, role: "owner" })) {
      told.push(event.type === "log" ? event.data.agent_name : event.type);
      if (event.type === "ready" && told.length === 1) await call();
      if (event.type === "log" && url === node.url) {
        url = gate.url;
        void node.gateway.close(0);
        await call();
      } else if (event.type === "log") await gate.call("DELETE", `/orgs/${org.id}/keys/${body.id}`, undefined, org.key);
    }
  })();
  await expect(failure).rejects.toMatchObject({ code: "invalid_api_key", status: 401 });
  expect(told.filter((one) => one !== "ready")).toEqual(["echo", "echo"]);
  await gate.close();
  await agent.close();
});
