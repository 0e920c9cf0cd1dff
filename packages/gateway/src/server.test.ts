import { DatabaseSync } from "node:sqlite";
import { freePort, temporaryDirectory } from "@agentgate/testing";
import { afterAll, expect, test } from "vitest";
import { readConfig } from "./config/index.ts";
import { StartError, startServer } from "./server.ts";

const directory = temporaryDirectory("server");
afterAll(() => directory.remove());

const start = (env: Record<string, string>) =>
  startServer(readConfig({ AGENTGATE_LOG_LEVEL: "silent", AGENTGATE_PORT: "0", ...env }));

test("a database that does not answer: where and why, without the password", async () => {
  const port = await freePort();
  const error = await start({ DATABASE_URL: `postgres://user:secret-password@localhost:${port}/db` }).catch(
    (error) => error,
  );
  expect(error).toBeInstanceOf(StartError);
  expect(error.message).toContain(`postgres://localhost:${port}/db`);
  expect(error.message).toContain("ECONNREFUSED");
  expect(error.message).not.toContain("secret-password");
});

test("a port in use, and an address of another machine, name the setting to change", async () => {
  const first = await start({ AGENTGATE_DATA_DIR: `${directory.path}/first` });
  const AGENTGATE_PORT = new URL(first.url).port;
  const AGENTGATE_DATA_DIR = `${directory.path}/second`;
  await expect(start({ AGENTGATE_PORT, AGENTGATE_DATA_DIR })).rejects.toThrow(/in use.*AGENTGATE_PORT/);
  await expect(start({ AGENTGATE_HOST: "192.0.2.1", AGENTGATE_DATA_DIR })).rejects.toThrow(/AGENTGATE_HOST/);
  await first.stop();
});

test("there is one server, also where a name stands for two addresses: its bounds on connections are for all of them", async () => {
  const server = await start({ AGENTGATE_HOST: "localhost", AGENTGATE_DATA_DIR: `${directory.path}/localhost` });
  expect(server.gateway.http.addresses()).toHaveLength(1);
  expect((await fetch(`${server.url}/health`)).status).toBe(200);
  await server.stop();
});

test("what else keeps it from starting is not called the database's fault, and nothing stays open", async () => {
  const AGENTGATE_DATA_DIR = `${directory.path}/unbalanced`;
  const first = await start({ AGENTGATE_DATA_DIR });
  await first.stop();
  const database = new DatabaseSync(`${AGENTGATE_DATA_DIR}/agentgate.db`);
  database.exec("update ledger_head set posted = posted + 1");
  database.close();
  const error = await start({ AGENTGATE_DATA_DIR }).catch((error) => error);
  expect(error).toBeInstanceOf(StartError);
  expect(error.message).toMatch(/^Cannot start: /);
});
