import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Stand, startStand } from "./stand.ts";
import { type Checked, cache, checksOf, isInstalled, prepared, run, sourceOf } from "./toolchain.ts";

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

/** Who does not have a language's tools is told that its clients were not run. */
const withTools = (language: string, has: boolean, tests: () => void) =>
  has ? describe(language, tests) : describe.skip(`${language}: its tools are not installed`, tests);

const hasPython = isInstalled("python3", "-c", "import sys, venv; sys.exit(sys.version_info < (3, 10))");
withTools("Python", hasPython, () => {
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

withTools("Go", isInstalled("go", "version"), () => {
  test.each([
    ["v2", 5],
    ["v0.3", 5],
  ])("a2a-go %s", async (version, count) => {
    const inputs = ["main.go", "go.mod", "go.sum"].map((file) => sourceOf(`go/${version}/${file}`));
    const built = await prepared(`go-${version}`, inputs, (directory) => {
      const caches = { GOPATH: join(cache, "go"), GOCACHE: join(cache, "go-build"), GOTOOLCHAIN: "local" };
      const env = { ...caches, GOFLAGS: "-mod=readonly -modcacherw" };
      return run("go", ["build", "-o", join(directory, "client"), "."], sourceOf(`go/${version}/`), env);
    });
    passed(await checksOf(join(built, "client"), [], built, stand.facts), count);
  });
});

const hasJava = isInstalled("mvn", "-version") && isInstalled("javac", "-version");
withTools("Java", hasJava, () => {
  test("a2a-java 0.3", async () => {
    const pom = sourceOf("java/pom.xml");
    const source = sourceOf("java/src/main/java/interop/Client.java");
    const built = await prepared("java-0.3", [pom, source], async (directory) => {
      const repository = `-Dmaven.repo.local=${join(cache, "maven")}`;
      const copy = ["dependency:copy-dependencies", `-DoutputDirectory=${join(directory, "lib")}`];
      await run("mvn", ["--quiet", "--batch-mode", "--file", pom, repository, ...copy], directory);
      await run("javac", ["--release", "17", "-cp", join(directory, "lib", "*"), "-d", directory, source], directory);
    });
    const classes = [join(built, "lib", "*"), built].join(delimiter);
    passed(await checksOf("java", ["-cp", classes, "interop.Client"], built, stand.facts), 6);
  });
});
