import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { publishedPackages } from "./published-packages.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const workspace = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
const packages = publishedPackages(root);

test("every package says whose it is, where it lives, and that its build is attested", () => {
  expect(packages.map(({ directory }) => directory)).toEqual(
    ["cli", "client", "dashboard", "gateway", "protocol", "site"].map((name) => `packages/${name}`),
  );
  for (const { directory, manifest } of packages) {
    // npm attests a build only for the repository that the package names.
    expect(manifest.repository, directory).toEqual({ ...workspace.repository, directory });
    expect(manifest.homepage, directory).toMatch(/^https:/);
    expect(manifest.bugs, directory).toMatch(/^https:/);
    expect(manifest.license, directory).toBe("MIT");
    expect(manifest.publishConfig, directory).toEqual({ access: "public", provenance: true });
    expect(manifest.keywords, directory).toContain("agentgate");
    expect(manifest.description.length, directory).toBeGreaterThan(15);
    for (const file of ["README.md", "LICENSE"])
      expect(existsSync(`${root}${directory}/${file}`), directory).toBe(true);
  }
});

test("all packages have one version, and want each other in just that one", () => {
  for (const { directory, manifest } of packages) {
    expect(manifest.version, directory).toBe(workspace.version);
    const own = Object.entries(manifest.dependencies ?? {}).filter(([name]) => name.startsWith("@agentgate/"));
    expect(
      own.filter(([, range]) => range !== workspace.version),
      directory,
    ).toEqual([]);
  }
});

test("nothing runs when a package is installed", () => {
  const atInstall = ["preinstall", "install", "postinstall", "prepare"];
  for (const { directory, manifest } of packages)
    expect(
      Object.keys(manifest.scripts ?? {}).filter((name) => atInstall.includes(name)),
      directory,
    ).toEqual([]);
});
