import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const source = fileURLToPath(new URL("./", import.meta.url));
const read = (path: string) => readFileSync(source + path, "utf8");

/** Who uses the client names its answers without another package, which not every package manager lets one import. */
test("every record that the gateway's client answers or takes is exported by name", () => {
  const [exported] = /export type \{[^}]*\} from "@agentgate\/protocol";/.exec(read("index.ts"))!;
  const names = new Set(exported.match(/\w+/g));
  const files = globSync("gateway/**/*.ts", { cwd: source }).filter((file) => !/\.test\.ts$|testing\//.test(file));
  const wire = files.flatMap((file) => {
    const text = read(file);
    const imported =
      /import (?:type )?\{([^}]*)\} from "@agentgate\/protocol"/.exec(text)?.[1]?.match(/\b[A-Z]\w*[a-z]\w*/g) ?? [];
    return [...imported, ...[...text.matchAll(/\bwire\.([A-Z]\w+)/g)].map(([, name]) => name!)];
  });
  expect(wire.length).toBeGreaterThan(100);
  expect(wire.filter((name) => !names.has(name))).toEqual([]);
});

test("whatever a room of the gateway's client exports by name to the package, the package exports", () => {
  const names = (text: string) =>
    [...text.matchAll(/export (?:type )?\{([^}]*)\} from "\.[^"]*"/g)].flatMap(([, list = ""]) =>
      list.split(",").flatMap((one) => one.trim().split(/\s+/).at(-1) || []),
    );
  const exported = new Set(names(read("index.ts")));
  expect(names(read("gateway/index.ts")).filter((name) => !exported.has(name))).toEqual([]);
});
