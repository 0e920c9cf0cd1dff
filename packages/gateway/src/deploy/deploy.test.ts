import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changeSecrets } from "../change-secrets.ts";
import { testEngines } from "../storage/testing/index.ts";
import {
  ADMIN_KEY,
  startAgent,
  startTestGateway,
  type TestAgent,
  type TestGateway,
  textTask,
} from "../testing/index.ts";
import { formOf, sendForm } from "./testing/form.ts";
import { type RawEntry, tarGz } from "./testing/tar.ts";

const yaml = (text: string): RawEntry => ({ name: "my-agent/agentgate.yaml", content: text });

describe.each(testEngines())("deploying by url on %s", (engine) => {
  let gate: TestGateway;
  let agent: TestAgent;
  let dataDirectory: string;
  beforeAll(async () => {
    dataDirectory = mkdtempSync(join(tmpdir(), "agentgate-deploy-"));
    gate = await startTestGateway(engine, { dataDirectory });
    agent = await startAgent((_, response) => response.end('{"status":{"state":"completed"}}'));
  });
  afterAll(async () => {
    await gate.close();
    await agent.close();
    rmSync(dataDirectory, { recursive: true, force: true });
  });

  const fileOf = (more = "") => yaml(`name: my-agent\nurl: ${agent.url}\nversion: 1.10\n${more}`);
  const deploy = (archive: Buffer | undefined, fields?: Record<string, string>, key = ADMIN_KEY) =>
    sendForm(gate, formOf(archive, fields), key);
  const leftovers = () => {
    const path = join(dataDirectory, "deploy");
    return existsSync(path) ? readdirSync(path) : [];
  };

  test("the url of the archive is registered, called, and answers the contract's fields", async () => {
    const more =
      "description: Helps\nskills:\n  - chat\n  - id: sum\n    name: Sum\ntags: [demo]\nprice_per_task: 0.05\n";
    const { status, body } = await deploy(tarGz(fileOf(more), { name: "my-agent/agent.mjs", content: "x" }));
    expect(status, JSON.stringify(body)).toBe(201);
    expect(body).toEqual({
      id: expect.any(String),
      name: "my-agent",
      description: "Helps",
      version: "1.10",
      url: agent.url,
      port: null,
      container_id: null,
      deployed: false,
      card_url: `${gate.url}/agents/${body.id}/card`,
      task_url: `${gate.url}/agents/${body.id}/task`,
    });
    const registered = (await gate.call("GET", `/agents/${body.id}`)).body;
    expect(registered).toMatchObject({
      price_per_task: 0.05,
      tags: ["demo"],
      skills: [{ id: "chat" }, { name: "Sum" }],
    });
    expect((await gate.call("POST", `/v1/agents/${body.id}/task`, textTask("x"))).status).toBe(200);
    expect(leftovers()).toEqual([]);
  });

  test("an organization's archive is its own; the form wins over the file, and the query does where the form is silent", async () => {
    const org = await gate.createOrg("acme");
    const fields = { name: "other", description: "", version: "" };
    const path = "/v1/deploy?version=7&description=of%20the%20query";
    const { status, body } = await sendForm(gate, formOf(tarGz(fileOf()), fields), org.key, { path, chunked: true });
    expect([status, body]).toMatchObject([201, { name: "other", version: "7", description: "of the query" }]);
    expect((await gate.call("GET", `/agents/${body.id}`)).body.org_id).toBe(org.id);
    const stranger = await gate.createOrg("stranger");
    for (const [method, rest] of [
      ["GET", "/status"],
      ["GET", "/logs"],
      ["GET", "/secrets"],
      ["DELETE", ""],
    ] as const) {
      expect((await gate.call(method, `/deploy/${body.id}${rest}`, undefined, stranger.key)).status).toBe(403);
      expect((await gate.call(method, `/deploy/${org.id}${rest}`, undefined, org.key)).status).toBe(404);
      expect((await gate.call(method, `/deploy/${body.id}${rest}`, undefined, null)).status).toBe(401);
    }
    expect((await sendForm(gate, formOf(tarGz(fileOf())), "nobody's")).status).toBe(401);
  });

  test("the same owner and name keep the id; another owner's of that name is another agent", async () => {
    const org = await gate.createOrg("another");
    const first = await deploy(tarGz(fileOf("description: one\n")));
    const second = await deploy(tarGz(fileOf("description: two\n")));
    expect([second.status, second.body.id, second.body.description]).toEqual([201, first.body.id, "two"]);
    const others = await deploy(tarGz(fileOf()), {}, org.key);
    expect(others.body.id).not.toBe(first.body.id);
    const both = await Promise.all([1, 2, 3].map(() => deploy(tarGz(fileOf()), { name: "racing" })));
    const ids = new Set(both.filter(({ status }) => status === 201).map(({ body }) => body.id));
    expect([ids.size, both.every(({ status }) => [201, 409, 429].includes(status))]).toEqual([1, true]);
  });

  test("status, logs and undeploying, of what was deployed and of what was not", async () => {
    const { body } = await deploy(tarGz(fileOf()));
    const path = `/deploy/${body.id}`;
    const status = { agent_id: body.id, agent_name: "my-agent", running: false, container_id: null };
    expect((await gate.call("GET", `${path}/status`)).body).toMatchObject({
      ...status,
      status: "registered",
      name: "my-agent",
    });
    expect((await gate.call("GET", `${path}/logs?tail=100`)).body).toEqual({ agent_id: body.id, logs: "" });
    for (let times = 0; times < 2; times++) {
      const undeployed = await gate.call("DELETE", path);
      expect([undeployed.status, undeployed.body]).toEqual([200, { status: "undeployed", agent_id: body.id }]);
    }
    expect((await gate.call("GET", `${path}/status`)).body.status).toBe("undeployed");
    expect((await gate.call("GET", `/agents/${body.id}`)).status).toBe(200);
    expect((await gate.call("PUT", `${path}/secrets`, { A: "1" })).status).toBe(404);
    expect((await deploy(tarGz(fileOf()))).body.id).toBe(body.id);
    const plain = await gate.register({ name: "plain", url: agent.url });
    expect((await gate.call("GET", `/deploy/${plain.id}/status`)).body).toMatchObject({
      status: "not_deployed",
      name: null,
    });
    expect((await gate.call("DELETE", `/deploy/${plain.id}`)).status).toBe(200);
    expect((await gate.call("GET", `/deploy/${plain.id}/secrets`)).status).toBe(404);
    expect((await gate.call("DELETE", `/agents/${body.id}`)).status).toBe(204);
    expect((await gate.call("GET", `${path}/status`)).status).toBe(404);
  });

  test("secrets are told by name alone, bounded, and sealed anew with all others", async () => {
    const { body } = await deploy(tarGz(fileOf()));
    const path = `/deploy/${body.id}/secrets`;
    const set = (secrets: unknown) => gate.call("PUT", path, secrets);
    expect((await set({ MODEL_KEY: "s3cret-value", B: "2" })).body).toEqual({
      agent_id: body.id,
      names: ["B", "MODEL_KEY"],
    });
    expect((await set({ B: null, C: "3", GONE: null })).body.names).toEqual(["C", "MODEL_KEY"]);
    const why = (await set({ LD_PRELOAD: "x" })).body.detail[0];
    expect(why).toMatchObject({ loc: ["body", "LD_PRELOAD"], msg: "This variable is the gateway's to set" });
    for (const wrong of [
      { PATH: "x" },
      { ld_preload: "x" },
      { "a-b": "x" },
      { A: 5 },
      { A: "x".repeat(9_000) },
      [],
      "x",
    ])
      expect((await set(wrong)).status).toBe(422);
    const many = (from: number) => Object.fromEntries(Array.from({ length: 62 }, (_, n) => [`V${from + n}`, "v"]));
    expect((await set(many(0))).status).toBe(200);
    expect((await set(many(100))).status).toBe(422);
    const listed = await gate.call("GET", path);
    expect(listed.body.names).toHaveLength(64);
    expect(JSON.stringify(listed.body)).not.toContain("s3cret");
    const config = { ...gate.config, secretKey: "a-new-secret-key-0000", previousSecretKey: gate.config.secretKey };
    const report = await changeSecrets(config, {});
    expect(report.sealed).toMatchObject({ "secrets of hosted agents": 64 });
    await gate.call("DELETE", `/deploy/${body.id}`);
    await deploy(tarGz(fileOf()));
    expect((await gate.call("GET", path)).body.names).toEqual([]);
  });

  test.each<[string, RawEntry[] | undefined, number, string]>([
    ["no file", undefined, 422, "Field required"],
    ["neither url nor file of its own", [yaml("name: a")], 501, "This gateway hosts no agents: name the agent's `url`"],
    ["no agentgate.yaml", [{ name: "agent.py", content: "x" }], 422, "Field required"],
    ["an unknown field", [yaml("name: a\nurl: http://a.example\nprice: 1")], 422, 'did you mean \\"price_per_task\\"?'],
    [
      "a price in another notation",
      [yaml("name: a\nurl: http://a.example\nprice_per_task: 0x10")],
      422,
      "price_per_task",
    ],
    ["no YAML", [yaml("name: [")], 422, "agentgate.yaml"],
    ["a list", [yaml("- a")], 422, "It must hold fields"],
    [
      "aliases without end",
      [
        yaml(
          `a: &a [1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c]`,
        ),
      ],
      422,
      "alias",
    ],
    ["a metadata address", [yaml("name: a\nurl: http://169.254.169.254/")], 400, "Invalid URL"],
    ["a way out", [{ name: "../x" }], 400, "leads out of the archive"],
    ["a prototype", [yaml("name: a\nurl: http://a.example\n__proto__: {x: 1}")], 422, "Unknown field"],
  ])("an archive with %s is refused", async (_, entries, expected, words) => {
    const { status, body } = await deploy(entries && tarGz(...entries));
    expect([status, JSON.stringify(body)]).toEqual([expected, expect.stringContaining(words)]);
    expect(leftovers()).toEqual([]);
  });

  test("forms that are none, too large, or break off", async () => {
    const archive = tarGz(fileOf());
    const send = (body: Buffer, type?: string) => sendForm(gate, body, ADMIN_KEY, type === undefined ? {} : { type });
    expect((await send(Buffer.from("{}"), "application/json")).status).toBe(415);
    expect((await send(archive, "application/gzip")).status).toBe(415);
    expect((await send(Buffer.alloc(0), "multipart/form-data; boundary=x")).status).toBe(422);
    expect((await send(formOf(archive), "multipart/form-data")).status).toBe(422);
    expect((await send(formOf(archive).subarray(0, -20))).status).toBe(422);
    expect((await send(formOf(archive, {}, "archive"))).status).toBe(422);
    expect((await send(Buffer.concat([formOf(archive).subarray(0, -14), formOf(archive)]))).status).toBe(422);
    expect((await send(formOf(archive, { name: "x".repeat(40_000) }))).status).toBe(422);
    expect(
      (await send(formOf(archive, Object.fromEntries([..."abcdefghijkl"].map((name) => [name, "x"]))))).status,
    ).toBe(422);
    const large = formOf(Buffer.alloc(53_000_000));
    expect((await sendForm(gate, large, ADMIN_KEY)).status).toBe(413);
    expect((await sendForm(gate, large, ADMIN_KEY, { chunked: true })).status).toBe(413);
    expect(leftovers()).toEqual([]);
    expect((await gate.call("GET", "/health")).status).toBe(200);
  });
});
