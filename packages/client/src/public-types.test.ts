import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");

/** Who uses the client names its answers without another package, which not every package manager lets one import. */
test("every record that the gateway's client answers or takes is exported by name", () => {
  const [exported] = /export type \{[^}]*\} from "@agentgate\/protocol";/.exec(read("./index.ts"))!;
  const names = new Set(exported.match(/\w+/g));
  const wire = [
    "agentgate-client.ts",
    "api-keys.ts",
    "options.ts",
    "statistics.ts",
    "task-request.ts",
    "gateway-error.ts",
  ].flatMap((file) => {
    const source = read(`./gateway/${file}`);
    const imported =
      /import (?:type )?\{([^}]*)\} from "@agentgate\/protocol"/.exec(source)?.[1]?.match(/\b[A-Z]\w*/g) ?? [];
    return [...imported, ...[...source.matchAll(/\bwire\.(\w+)/g)].map(([, name]) => name!)];
  });
  expect(wire.length).toBeGreaterThan(30);
  expect(wire.filter((name) => !names.has(name))).toEqual([]);
});
