// The chart with Helm itself, and what it writes before Kubernetes' own schemas.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments, stringify } from "yaml";
import { root } from "./testing/packed.ts";
import { goProgram, isInstalled, packagesOf, run } from "./testing/toolchain.ts";

const chart = join(root, "deploy/helm/agentgate");
const page = readFileSync(join(root, "docs/containers.md"), "utf8");
const hasGo = isInstalled("go", "version");
const folder = mkdtempSync(join(tmpdir(), "agentgate-helm-"));
afterAll(() => rmSync(folder, { recursive: true }));

let helm: string;
let models: string;
beforeAll(async () => {
  if (!hasGo) return;
  helm = await goProgram("helm.sh/helm/v4/cmd/helm", "v4.3.1");
  models = await packagesOf("kubernetes-models@5.1.0");
});

const needed = { publicUrl: "https://gateway.example", existingSecret: "agentgate" };

async function template(values: object): Promise<any[]> {
  const file = join(folder, "values.yaml");
  writeFileSync(file, stringify(values));
  const text = await run(helm, ["template", "agentgate", chart, "--values", file], folder);
  return parseAllDocuments(text)
    .map((document) => document.toJS())
    .filter(Boolean);
}

/** What Kubernetes' own schema has against an object. */
async function findings(object: any): Promise<string | undefined> {
  const version = object.apiVersion.replace(/^v/, "v");
  const model = await import(pathToFileURL(join(models, "kubernetes-models", version, `${object.kind}.js`)).href);
  const Kind = model[object.kind] ?? model.default?.[object.kind];
  try {
    new Kind(object).validate();
    return undefined;
  } catch (error) {
    return `${object.kind}: ${(error as Error).message}`;
  }
}

describe.runIf(hasGo)("the chart", () => {
  test("passes Helm's linter", async () => {
    const file = join(folder, "lint.yaml");
    writeFileSync(file, stringify(needed));
    expect(await run(helm, ["lint", "--strict", chart, "--values", file], folder)).toContain("0 chart(s) failed");
  });

  test.each([
    ["the page's own", (/```yaml\n(# values\.yaml[\s\S]*?)```/.exec(page) ?? [])[1]],
    ["one node with SQLite", stringify({ ...needed, postgres: false })],
    [
      "settings",
      stringify({
        ...needed,
        settings: { AGENTGATE_TOPUP: "provider", AGENTGATE_LOG_DAYS: 7 },
        imagePullSecrets: [{ name: "x" }],
      }),
    ],
  ])("writes what Kubernetes takes: %s", async (_name, values) => {
    const { parse } = await import("yaml");
    const objects = await template(parse(values!));
    expect(objects.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(["Deployment", "Service", "ServiceAccount"]),
    );
    const found = await Promise.all(objects.map(findings));
    expect(found.filter(Boolean)).toEqual([]);
    const [{ spec }] = objects.filter(({ kind }) => kind === "Deployment") as any;
    const [container] = spec.template.spec.containers;
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(spec.template.spec.securityContext.runAsNonRoot).toBe(true);
    const drain = container.env.find(({ name }: any) => name === "AGENTGATE_DRAIN_SECONDS").value;
    expect(Number(drain)).toBeLessThan(spec.template.spec.terminationGracePeriodSeconds);
  });

  test("a schema finds what is wrong: it would, if there were something", async () => {
    expect(
      await findings({ apiVersion: "v1", kind: "Service", metadata: { name: 1 }, spec: { ports: "x" } }),
    ).toContain("Service");
  });

  test.each([
    ["no secret", { publicUrl: "https://gateway.example" }, /existingSecret/],
    ["a name that is none", { ...needed, replicas: 3 }, /replicas/],
    ["two nodes on one file", { ...needed, postgres: false, replicaCount: 2 }, /needs PostgreSQL/],
    ["a setting that is none", { ...needed, settings: { topup: "open" } }, /topup/],
  ])("refuses %s", async (_name, values, why) => {
    await expect(template(values)).rejects.toThrow(why);
  });
});
