import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Stand, startStand } from "./stand.ts";
import { type Checked, checksOf, isInstalled, prepared, run, sourceOf } from "./toolchain.ts";

/** The official SDKs of other languages, as their users write with them, against a gateway with real agents behind it. */

let stand: Stand;
beforeAll(async () => {
  stand = await startStand();
});
afterAll(() => stand?.close());

/** Every check of the client has passed, and there are as many as it has. */
function passed(checked: Checked[], count: number): void {
  expect(checked.filter(({ ok }) => !ok)).toEqual([]);
  expect(checked.map(({ check }) => check)).toHaveLength(count);
}

const hasPython = isInstalled("python3", "-c", "import sys, venv; sys.exit(sys.version_info < (3, 10))");
describe.skipIf(!hasPython)("Python", () => {
  test.each([
    ["1.3", 7],
    ["0.3", 5],
    ["0.2", 3],
  ])("a2a-sdk %s", async (version, count) => {
    const requirements = sourceOf(`python/requirements-${version}.txt`);
    const environment = await prepared(`python-${version}`, [requirements], async (directory) => {
      await run("python3", ["-m", "venv", directory], directory);
      await run(join(directory, "bin", "pip"), ["install", "--quiet", "-r", requirements], directory);
    });
    const python = join(environment, "bin", "python");
    const program = `client_${version.replace(".", "_")}.py`;
    passed(
      await checksOf(python, [program], sourceOf("python/"), stand.facts, { PYTHONDONTWRITEBYTECODE: "1" }),
      count,
    );
  });
});
