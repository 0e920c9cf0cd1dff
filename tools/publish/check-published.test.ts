import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@agentgate/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { checkPublished } from "./check-published.ts";

function packageWith(files: Record<string, string>, without: string[] = []): string {
  const { path, remove } = temporaryDirectory("published");
  onTestFinished(remove);
  mkdirSync(join(path, "dist"));
  const manifest = {
    name: "checked",
    version: "1.0.0",
    type: "module",
    license: "MIT",
    files: ["dist"],
    exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } },
  };
  writeFileSync(join(path, "package.json"), JSON.stringify(manifest));
  for (const name of ["README.md", "LICENSE"]) if (!without.includes(name)) writeFileSync(join(path, name), "text");
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, "dist", name), text);
  return path;
}

it.each(["cli", "client", "dashboard", "gateway", "protocol", "site"])(
  "%s carries the licence and says what it is",
  (name) => {
    const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
    expect(read(`packages/${name}/LICENSE`)).toBe(read("LICENSE"));
    expect(read(`packages/${name}/README.md`)).toContain(`# @agentgate/${name}\n`);
  },
);

describe("checkPublished", () => {
  it("has nothing against a sound package", async () => {
    const sound = { "index.js": "export const one = 1;\n", "index.d.ts": "export declare const one: number;\n" };
    expect(await checkPublished(packageWith(sound))).toEqual([]);
  });

  it("names a missing file, CommonJS in disguise and wrong types", async () => {
    const missing = await checkPublished(packageWith({ "index.d.ts": "export declare const one: number;\n" }));
    expect(missing.join("\n")).toMatch(/publint: .*index\.js/);
    const disguised = {
      "index.js": "module.exports = { one: 1 };\n",
      "index.d.ts": "declare const one: { one: number };\nexport = one;\n",
    };
    expect((await checkPublished(packageWith(disguised))).join("\n")).toMatch(/publint: .*CJS|attw/);
  });

  it("names what tells its readers what it is, and may be done with it", async () => {
    const sound = { "index.js": "export const one = 1;\n", "index.d.ts": "export declare const one: number;\n" };
    const told = await checkPublished(packageWith(sound, ["README.md", "LICENSE"]));
    expect(told).toEqual([expect.stringContaining("no README.md"), expect.stringContaining("no LICENSE")]);
  });

  it("names imports of what does not come with the package", async () => {
    const files = {
      "index.js": 'import "node:fs";\nimport help from "@somebody/runtime/help";\nexport const one = help;\n',
      "index.d.ts": "export declare const one: number;\n",
    };
    const stranger = "dist/index.js imports @somebody/runtime/help, which is no dependency";
    expect(await checkPublished(packageWith(files))).toContainEqual(expect.stringContaining(stranger));
  });

  it("names values that the types lack", async () => {
    const files = {
      "index.js": "const one = 1;\nexport { one };\n",
      "index.d.ts": "declare const one: number;\nexport { one as a };\n",
    };
    expect(await checkPublished(packageWith(files))).toEqual([expect.stringContaining('the types of "." lack one')]);
  });
});
