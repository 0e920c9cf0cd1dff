import { existsSync, readFileSync, rmSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { changeSecrets } from "../change-secrets.ts";
import { createDatabase, testEngines } from "../storage/testing/index.ts";
import { startAgent, startTestGateway, textTask } from "../testing/index.ts";
import { SecretKeyError } from "./index.ts";

const OLD = "the-old-secret-key-0000";
const NEW = "the-new-secret-key-1111";

describe.each(testEngines())("secrets on %s", (engine) => {
  let closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  /** A database with a credential sealed in it; each `serve` is another life of the gateway. */
  async function sealed(overrides: { secretKey?: string }) {
    const database = await createDatabase(engine);
    closing = [() => database.remove()];
    const serve = (more: object = {}) => startTestGateway(engine, { ...database.location, ...overrides, ...more });
    const shown: unknown[] = [];
    const place = await startAgent(({ headers }, response) => {
      shown.push(headers["x-api-key"]);
      response.end("{}");
    });
    closing.push(() => place.close());
    const first = await serve();
    const agent = await first.register({ name: "a", url: place.url, webhook_url: `${place.url}/hook` });
    await first.call("PUT", `/agents/${agent.id}/credentials`, { type: "header", name: "X-API-Key", value: "s3cret" });
    const steps = [{ agent_id: agent.id, agent_api_key: "the-agents-key" }];
    await first.call("POST", "/chains/", { name: "c", steps });
    // A card is signed with a key that the first one makes.
    await first.call("GET", `/agents/${agent.id}/card`);
    await first.close();
    const config = { databaseUrl: undefined, secretKey: undefined, previousSecretKey: undefined };
    return {
      ...database.location,
      serve,
      rotate: (more: object, options = {}) =>
        changeSecrets({ ...config, ...database.location, ...overrides, ...more }, options),
      /** What the agent is shown when these settings are in force. */
      async shownWith(more: object = {}) {
        const gate = await serve(more);
        const { status } = await gate.call("POST", `/agents/${agent.id}/task`, textTask("x"));
        await gate.close();
        expect(status).toBe(200);
        return shown.at(-1);
      },
    };
  }

  test("a key that does not fit is told, and harms nothing", async () => {
    const { serve, shownWith } = await sealed({ secretKey: OLD });
    await expect(serve({ secretKey: NEW })).rejects.toThrow(SecretKeyError);
    await expect(serve({ secretKey: NEW })).rejects.toThrow(
      /AGENTGATE_SECRET_KEY\) does not fit .*AGENTGATE_SECRET_KEY_PREVIOUS/,
    );
    expect(await shownWith()).toBe("s3cret");
  });

  test("a previous key opens what it sealed; rotated, it is no longer needed", async () => {
    const { serve, rotate, shownWith } = await sealed({ secretKey: OLD });
    const both = { secretKey: NEW, previousSecretKey: OLD };
    expect(await shownWith(both)).toBe("s3cret");
    const report = await rotate(both);
    expect(report).toEqual({
      sealed: expect.objectContaining({
        "the key that signs cards": 1,
        "agents' credentials": 1,
        "keys of chains' steps": 1,
        "webhook secrets": 1,
      }),
      unreadable: expect.toSatisfy((counts: object) => Object.values(counts).every((count) => count === 0)),
      minted: null,
    });
    expect(await shownWith({ secretKey: NEW })).toBe("s3cret");
    await expect(serve()).rejects.toThrow(SecretKeyError);
    expect(await rotate(both)).toEqual(report);
  });

  test("a configured key takes the place of a minted one, and a minted one is minted anew", async () => {
    const { dataDirectory, rotate, shownWith } = await sealed({});
    const minted = await rotate({});
    expect(minted).toMatchObject({ sealed: { "agents' credentials": 1 }, minted: expect.any(String) });
    expect(await shownWith()).toBe("s3cret");
    if (engine === "sqlite") expect(readFileSync(`${dataDirectory}/secret.key`, "utf8")).toMatch(/^[\w-]{43}$/);
    expect(await shownWith({ secretKey: NEW })).toBe("s3cret");
    await rotate({ secretKey: NEW });
    if (engine === "sqlite") expect(existsSync(`${dataDirectory}/secret.key`)).toBe(false);
    expect(await shownWith({ secretKey: NEW })).toBe("s3cret");
  });

  test("a lost key: what it sealed is left until it is to be forgotten", async () => {
    const { serve, rotate, shownWith } = await sealed({ secretKey: OLD });
    const left = await rotate({ secretKey: NEW });
    expect(left.unreadable).toMatchObject({ "the key that signs cards": 1, "agents' credentials": 1 });
    await expect(serve({ secretKey: NEW })).rejects.toThrow(SecretKeyError);
    expect(await shownWith()).toBe("s3cret");
    expect((await rotate({ secretKey: NEW }, { forgetting: true })).unreadable).toEqual(left.unreadable);
    expect(await shownWith({ secretKey: NEW })).toBeUndefined();
  });

  test.runIf(engine === "sqlite")("a copy without its secret.key is refused, and none is made", async () => {
    const { dataDirectory, serve } = await sealed({});
    rmSync(`${dataDirectory}/secret.key`);
    await expect(serve()).rejects.toThrow(/is missing.*Put back/);
    expect(existsSync(`${dataDirectory}/secret.key`)).toBe(false);
  });
});
