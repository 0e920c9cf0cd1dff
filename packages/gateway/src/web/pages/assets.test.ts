import Fastify from "fastify";
import { expect, test } from "vitest";
import { Problem } from "../../http/index.ts";
import { Assets } from "./assets.ts";

test.each([undefined, "/nowhere/dist"])(
  "pages that were never built are said to be so, files of theirs as well: %s",
  async (directory) => {
    const assets = new Assets(directory ?? "");
    const refused = (ask: () => unknown) => {
      try {
        return ask();
      } catch (error) {
        return error instanceof Problem ? [error.status, error.code] : error;
      }
    };
    expect(refused(() => assets.pages)).toEqual([503, "pages_not_built"]);
    const app = Fastify();
    assets.mount(app);
    app.setErrorHandler((error, _request, reply) => reply.code(error instanceof Problem ? error.status : 500).send());
    expect((await app.inject("/assets/app.js")).statusCode).toBe(503);
    await app.close();
  },
);
