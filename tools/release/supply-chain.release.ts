// What somebody who has to answer for a machine asks of what is installed on it.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@agentgate/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isAllowed } from "./licences.ts";
import { packAll, root } from "./testing/packed.ts";
import { type Registry, startRegistry } from "./testing/registry.ts";
import { run } from "./testing/toolchain.ts";

let registry: Registry;
const project = temporaryDirectory("supply-chain");
beforeAll(async () => {
  registry = await startRegistry(await packAll());
  writeFileSync(join(project.path, "package.json"), '{"name":"empty","version":"1.0.0","private":true}');
  await run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "@agentgate/cli"], project.path, {
    npm_config_registry: registry.url,
  });
});
afterAll(async () => {
  await registry?.close();
  project.remove();
});

test("a bill of materials names everything that is installed, with version, digest and licence", async () => {
  const bill = JSON.parse(await run("npm", ["sbom", "--sbom-format", "cyclonedx", "--omit", "dev"], project.path));
  expect(bill).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.5" });
  const { packages } = JSON.parse(readFileSync(join(project.path, "package-lock.json"), "utf8"));
  const installed = Object.keys(packages).filter((place) => place !== "" && !packages[place].optional);
  const named = new Set(bill.components.map(({ purl }: any) => purl));
  expect(named.size).toBeGreaterThan(80);
  for (const place of installed) {
    const name = place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length);
    expect(named).toContain(`pkg:npm/${name.replace("@", "%40")}@${packages[place].version}`);
  }
  for (const { name, hashes, licenses } of bill.components) {
    expect(hashes, name).toEqual([{ alg: "SHA-512", content: expect.stringMatching(/^[0-9a-f]{128}$/) }]);
    const terms = (licenses ?? []).map(({ license, expression }: any) => expression ?? license?.id ?? license?.name);
    expect([name, terms.length > 0 && terms.every(isAllowed)]).toEqual([name, true]);
  }
});

describe.each([
  ["linux", "x64", "glibc"],
  ["linux", "arm64", "glibc"],
  ["linux", "x64", "musl"],
  ["darwin", "x64", undefined],
  ["darwin", "arm64", undefined],
  ["win32", "x64", undefined],
])("npm ci for %s %s %s", (os, cpu, libc) => {
  test("the lock has all of it", async () => {
    const { path, remove } = temporaryDirectory("lock");
    try {
      const files = (
        await run("git", ["ls-files", "package.json", "package-lock.json", ":(glob)**/package.json"], root)
      )
        .trim()
        .split("\n");
      await run("bash", ["-c", `tar -cf - ${files.join(" ")} | tar -xf - -C ${path}`], root);
      const platform = ["--os", os, "--cpu", cpu, ...(libc ? ["--libc", libc] : [])];
      const said = await run(
        "npm",
        ["ci", "--dry-run", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "warn", ...platform],
        path,
      );
      const natives = said
        .split("\n")
        .filter((line) => /^add /.test(line) && line.includes(os === "win32" ? "win32" : os) && line.includes(cpu));
      expect(natives.length, said.slice(-2_000)).toBeGreaterThan(3);
    } finally {
      remove();
    }
  });
});
