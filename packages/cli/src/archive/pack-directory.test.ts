import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { temporaryDirectory } from "@agentgate/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { packDirectory } from "./pack-directory.ts";

let place: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  place = temporaryDirectory("pack");
});
afterEach(() => place.remove());

const source = () => join(place.path, "agent");
const write = (path: string, text = path) => {
  mkdirSync(dirname(join(source(), path)), { recursive: true });
  writeFileSync(join(source(), path), text);
};
/** What GNU tar makes of it. */
const unpacked = (archive: Buffer) => {
  const into = join(place.path, "into");
  mkdirSync(into);
  writeFileSync(join(place.path, "a.tar.gz"), archive);
  execFileSync("tar", ["-xzf", join(place.path, "a.tar.gz"), "-C", into]);
  return into;
};
const pathsIn = (path: string) =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort();

test("tar unpacks what was packed, names of every length and the right to run included", async () => {
  const long = `${"d".repeat(90)}/${"e".repeat(90)}/${"f".repeat(120)}.txt`;
  const names = [
    "agentgate.yaml",
    "naïve/日本語.txt",
    `${"p".repeat(80)}/${"q".repeat(80)}.txt`,
    long,
    "run.sh",
    "empty",
  ];
  for (const name of names) write(name, name === "empty" ? "" : name);
  chmodSync(join(source(), "run.sh"), 0o755);
  const { archive, files, bytes } = await packDirectory(source());
  const into = unpacked(archive);
  expect(pathsIn(into)).toEqual([...names].sort());
  for (const name of names) expect(readFileSync(join(into, name), "utf8")).toBe(name === "empty" ? "" : name);
  expect(statSync(join(into, "run.sh")).mode & 0o100).not.toBe(0);
  expect(statSync(join(into, "empty")).mode & 0o100).toBe(0);
  const all = names.reduce((sum, name) => sum + (name === "empty" ? 0 : Buffer.byteLength(name)), 0);
  // With the directories.
  expect([files, bytes]).toEqual([names.length + 4, all]);
});

test("what is installed, history, secret or ignored stays here", async () => {
  for (const name of [
    "agent.mjs",
    "node_modules/x/index.js",
    ".git/HEAD",
    ".env",
    ".env.local",
    "lib/node_modules/y",
    "dist/a.js",
    "debug.log",
  ])
    write(name);
  write(".gitignore", "dist/\n");
  expect(pathsIn(unpacked((await packDirectory(source())).archive))).toEqual([".gitignore", "agent.mjs"]);
});

test(".agentgateignore counts in place of .gitignore", async () => {
  for (const name of ["agent.mjs", "dist/a.js", "notes/a.md", "notes/keep.md"]) write(name);
  write(".gitignore", "dist/\n");
  write(".agentgateignore", "notes/*\n!notes/keep.md\n.*ignore\n");
  expect(pathsIn(unpacked((await packDirectory(source())).archive))).toEqual([
    "agent.mjs",
    "dist/a.js",
    "notes/keep.md",
  ]);
});

test("links are refused, for archives hold none", async () => {
  write("agent.mjs");
  symlinkSync("/etc/passwd", join(source(), "link"));
  await expect(packDirectory(source())).rejects.toThrow("link is neither a file nor a directory");
  write(".agentgateignore", "link\n");
  await packDirectory(source());
});
