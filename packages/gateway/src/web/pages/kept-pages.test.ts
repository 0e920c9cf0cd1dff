import { expect, test } from "vitest";
import { KeptPages } from "./kept-pages.ts";

const startPages = () => {
  let now = 0;
  let written = 0;
  const pages = new KeptPages({ monotonic: () => now });
  const write = async () => `page ${++written}`;
  return {
    pages,
    pass: (ms: number) => {
      now += ms;
    },
    read: async (name = "home") => (await pages.get(name, write)).text,
  };
};

test("a page is written once for all who ask for it within ten seconds", async () => {
  const { read, pass } = startPages();
  expect(await Promise.all([read(), read(), read("other")])).toEqual(["page 1", "page 1", "page 2"]);
  pass(9_999);
  expect(await read()).toBe("page 1");
  pass(1);
  expect(await read()).toBe("page 3");
});

test("a page that tells of what has changed since is written anew, four times a second at most", async () => {
  const { pages, read, pass } = startPages();
  await read();
  pass(1_000);
  pages.changed();
  expect(await read()).toBe("page 2");
  pages.changed();
  pass(249);
  expect(await read()).toBe("page 2");
  pass(1);
  expect(await read()).toBe("page 3");
  pass(9_000);
  expect(await read()).toBe("page 3");
});

test("of what cannot be written nothing is kept", async () => {
  const { pages, read } = startPages();
  await expect(pages.get("home", () => Promise.reject(new Error("the database is gone")))).rejects.toThrow("gone");
  expect(await read()).toBe("page 1");
});

test("all pages together keep within their bytes", async () => {
  let written = 0;
  const pages = new KeptPages({ monotonic: () => 0 });
  const write = async () => {
    written++;
    return "x".repeat(100_000);
  };
  for (let n = 0; n < 40; n++) await pages.get(`${n}`, write);
  await pages.get("39", write);
  expect(written).toBe(40);
  await pages.get("0", write);
  expect(written).toBe(41);
});
