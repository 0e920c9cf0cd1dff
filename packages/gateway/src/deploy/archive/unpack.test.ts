import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Problem } from "../../http/index.ts";
import { pax, type RawEntry, tar, tarEntry, tarGz } from "../testing/tar.ts";
import { type UnpackOptions, unpack } from "./unpack.ts";

let directory: string;
let archive: string;
let into: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "agentgate-archive-"));
  archive = join(directory, "archive.tar.gz");
  into = join(directory, "deploy/into");
  mkdirSync(into, { recursive: true });
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const unpacked = (bytes: Buffer, options: UnpackOptions = { into }) => {
  writeFileSync(archive, bytes);
  rmSync(into, { recursive: true });
  mkdirSync(into);
  return unpack(archive, options);
};
/** Every path below a directory; directories end with a slash. */
const pathsIn = (path: string) =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .map((entry) => `${join(entry.parentPath, entry.name).slice(path.length + 1)}${entry.isDirectory() ? "/" : ""}`)
    .sort();
const refusal = async (bytes: Buffer, options?: UnpackOptions) => {
  const error = await unpacked(bytes, options).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(Problem);
  // Whatever it was: outside its own directory nothing has appeared.
  expect(pathsIn(directory).filter((path) => !path.startsWith("deploy/into/"))).toEqual(["archive.tar.gz", "deploy/"]);
  return `${error.status} ${error.message}`;
};

describe("archives that people make", () => {
  const tree: Record<string, string> = {
    "agentgate.yaml": "name: a\n",
    "agent.mjs": "export {}",
    "empty.txt": "",
    "lib/deep/er/x.js": "x",
    "naïve/日本語.txt": "words",
    [`long/${"n".repeat(120)}/${"m".repeat(180)}.txt`]: "long",
    "exact.bin": "e".repeat(512),
    "large.bin": "l".repeat(300_000),
  };
  const plant = (names: string[]) => {
    for (const name of names) {
      const path = join(directory, "src", name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, tree[name]!);
    }
    mkdirSync(join(directory, "src/nothing"), { recursive: true });
    writeFileSync(join(directory, "src/run.sh"), "#!/bin/sh\n", { mode: 0o755 });
  };
  const pack = (...options: string[]) => execFileSync("tar", ["-czf", archive, "-C", directory, ...options]);

  test.each([
    ["gnu", ["--format=gnu"]],
    ["pax", ["--format=pax"]],
    ["posix with every extended field", ["--format=posix", "--pax-option=comment=hello"]],
    ["ustar", ["--format=ustar"]],
    ["oldgnu", ["--format=oldgnu"]],
    ["v7", ["--format=v7"]],
  ])("by GNU tar in the form %s", async (format, options) => {
    const fits = (name: string) => (format === "ustar" || format === "v7" ? !name.startsWith("long/") : true);
    const names = Object.keys(tree).filter(fits);
    plant(names);
    pack(...options, "--transform=s,^src,my-agent,", "src");
    const found = await unpack(archive, { into });
    expect(found).toMatchObject({ agentFile: "name: a\n", root: "my-agent", files: names.length + 1 });
    for (const name of names) expect(readFileSync(join(into, "my-agent", name), "utf8")).toBe(tree[name]);
    expect(statSync(join(into, "my-agent/nothing")).isDirectory()).toBe(true);
    expect(statSync(join(into, "my-agent/run.sh")).mode & 0o111).not.toBe(0);
    expect(statSync(join(into, "my-agent/agent.mjs")).mode & 0o111).toBe(0);
  });

  test("packed from within: the file at the top counts, and what lies deeper does not", async () => {
    plant(["agentgate.yaml", "agent.mjs", "lib/deep/er/x.js"]);
    writeFileSync(join(directory, "src/lib/agentgate.yaml"), "name: another\n");
    pack("-C", join(directory, "src"), ".");
    expect(await unpack(archive, { into })).toMatchObject({ agentFile: "name: a\n", root: "" });
    expect(await unpack(archive)).toMatchObject({ agentFile: "name: a\n" });
  });

  test("as macOS makes them, and without an agentgate.yaml", async () => {
    const found = await unpacked(tarGz({ name: "._a" }, { name: "a/", type: "5" }, { name: "a/x", content: "1" }));
    expect(found).toEqual({ agentFile: undefined, root: "a", files: 2, bytes: 1 });
  });

  test("with setuid bits, which nobody gets", async () => {
    await unpacked(tarGz({ name: "x", mode: 0o6755 }));
    expect(statSync(join(into, "x")).mode & 0o7000).toBe(0);
  });
});

describe("hostile archives", () => {
  const outside: [string, RawEntry[], string][] = [
    ["an absolute path", [{ name: "/etc/agentgate-was-here" }], "absolute"],
    ["a drive", [{ name: "C:/x" }], "absolute"],
    ["a way out", [{ name: "../x" }], "leads out"],
    ["a way out in the middle", [{ name: "a/../../x" }], "leads out"],
    ["a way out by prefix", [{ name: "x", prefix: "../.." }], "leads out"],
    ["a way out by pax", [pax({ path: "../../x" }), { name: "x" }], "leads out"],
    ["a way out by a GNU long name", [{ name: "l", type: "L", content: "../x\0" }, { name: "x" }], "leads out"],
    ["a backslash", [{ name: "..\\x" }], "backslash"],
    ["a symbolic link", [{ name: "x", type: "2", link: "/etc" }], "link"],
    ["a hard link", [{ name: "x", type: "1", link: "/etc/passwd" }], "link"],
    ["a link by pax", [pax({ linkpath: "/etc/passwd" }), { name: "x" }], "link"],
    ["a link by a GNU long name", [{ name: "l", type: "K", content: "/etc\0" }, { name: "x" }], "link"],
    ["a character device", [{ name: "x", type: "3" }], "device"],
    ["a block device", [{ name: "x", type: "4" }], "device"],
    ["a pipe", [{ name: "x", type: "6" }], "pipe"],
    ["a sparse file", [{ name: "x", type: "S" }], "sparse"],
    ["a sparse file by pax", [pax({ "GNU.sparse.major": "1" }), { name: "x" }], "sparse"],
    ["an unknown kind", [{ name: "x", type: "V" }], "unknown kind"],
    ["a name in Latin-1", [{ name: Buffer.from("caf\xe9", "latin1") }], "not UTF-8"],
    ["a name in two encodings", [{ name: "café".normalize("NFC") }, { name: "café".normalize("NFD") }], "one name"],
    ["two names for one entry", [pax({ path: "a" }), { name: "l", type: "L", content: "b\0" }, { name: "x" }], "two"],
    ["two pax names", [pax({ path: "a" }), pax({ path: "b" }), { name: "x" }], "two names"],
    ["one name for all", [pax({ path: "a" }, "g"), { name: "x" }], "one name"],
    ["another charset", [pax({ hdrcharset: "BINARY" }), { name: "x" }], "UTF-8"],
    ["a NUL in a name", [pax({ path: "a\0b" }), { name: "x" }], "NUL"],
    ["a line break in a name", [{ name: "a\nb" }], "control character"],
    ["a file twice", [{ name: "a" }, { name: "./a" }], "twice"],
    ["names that differ in case", [{ name: "Agent.js" }, { name: "agent.JS" }], "one name"],
    ["directories that differ in case", [{ name: "Lib/a" }, { name: "lib/b" }], "one name"],
    ["names that fold to one", [{ name: "straße" }, { name: "STRASSE" }], "one name"],
    ["a file that becomes a directory", [{ name: "a" }, { name: "a/b" }], "both"],
    ["a directory that becomes a file", [{ name: "a/b" }, { name: "a" }], "twice"],
    ["a long name", [pax({ path: "a/".repeat(600) }), { name: "x" }], "longer"],
    ["a long part", [pax({ path: "p".repeat(256) }), { name: "x" }], "part of more"],
    ["a deep tree", [pax({ path: "d/".repeat(40) }), { name: "x" }], "levels"],
    ["no name", [{ name: "./" }], "no name"],
    ["a directory with content", [{ name: "a", type: "5", content: "x" }], "content"],
    ["malformed pax records", [{ name: "p", type: "x", content: "99 path=x\n" }, { name: "x" }], "malformed"],
    ["an impossible size", [pax({ size: "-5" }), { name: "x" }], "impossible size"],
    ["a wrong checksum", [{ name: "x", checksum: 7 }], "no tar"],
  ];
  test.each(outside)("%s", async (_, entries, words) => {
    expect(await refusal(tarGz(...entries))).toMatch(new RegExp(`^4\\d\\d .*${words}`));
  });

  test("what is no archive, breaks off, or goes on behind its end", async () => {
    const good = tar({ name: "a", content: "x".repeat(5_000) });
    expect(await refusal(Buffer.from("hello"))).toContain("400 Cannot use the archive: it is not compressed with gzip");
    expect(await refusal(Buffer.alloc(0))).toContain("400");
    expect(await refusal(gzipSync("hello"))).toContain("no tar archive");
    expect(await refusal(gzipSync(Buffer.alloc(0)))).toContain("no tar archive");
    expect(await refusal(gzipSync(good.subarray(0, 2_000)))).toContain("breaks off");
    expect(await refusal(gzipSync(good.subarray(0, -1_024)))).toContain("breaks off");
    expect(await refusal(gzipSync(good).subarray(0, 40))).toContain("damaged or breaks off");
    expect(await refusal(gzipSync(Buffer.concat([good, tar({ name: "hidden" })])))).toContain("behind its end");
    expect(
      await refusal(gzipSync(Buffer.concat([tarEntry({ name: "a", size: 4_096, content: "x" }), Buffer.alloc(1_024)]))),
    ).toContain("breaks off");
  });

  test("too many entries, counted with the directories that are only named on the way", async () => {
    const many = Array.from({ length: 20_000 }, (_, n) => ({ name: `f${n}` }));
    expect(await refusal(tarGz(...many), {})).toContain("413 The archive is too large: it has more than 10000 files");
    const deep = Array.from({ length: 400 }, (_, n) => pax({ path: `${Array(31).fill(`d${n}`).join("/")}/f` }));
    expect(await refusal(tarGz(...deep.flatMap((one) => [one, { name: "x" }])), {})).toContain("more than 10000 files");
    const described = Array.from({ length: 500 }, () => pax({ comment: "x" }, "g"));
    const bounds = { entriesMax: 100, bytesMax: 1_000 };
    expect(await refusal(tarGz(...described), { bounds })).toContain("413");
  });

  test("a bomb: it is refused by what it says, and by what comes, and the disk is not filled", async () => {
    const bounds = { entriesMax: 100, bytesMax: 1_000_000 };
    expect(await refusal(tarGz({ name: "a", size: 2 ** 32 }), { into, bounds })).toContain("413");
    const files = Array.from({ length: 50 }, (_, n) => ({ name: `f${n}`, content: Buffer.alloc(50_000) }));
    expect(await refusal(tarGz(...files), { into, bounds })).toContain("413 The archive is too large: unpacked");
    const written = pathsIn(into).reduce((sum, path) => sum + statSync(join(into, path)).size, 0);
    expect(written).toBeLessThanOrEqual(bounds.bytesMax);
  });

  test("a gigabyte of nothing in a megabyte", async () => {
    // A gzip file may have many members, each of its own.
    const nothing = gzipSync(Buffer.alloc(1_048_576));
    const bytes = Buffer.concat([gzipSync(tarEntry({ name: "a" })), ...Array(1_024).fill(nothing)]);
    expect(bytes.length).toBeLessThan(1_100_000);
    expect(await refusal(bytes)).toContain("413 The archive is too large: unpacked");
  });

  test("no bytes do anything but be unpacked within the directory or be refused", async () => {
    const good = tar({ name: "dir/", type: "5" }, { name: "dir/a", content: "hello" }, pax({ path: "b" }), {
      name: "c",
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        async (changes, fixesSums) => {
          const bytes = Buffer.from(good);
          for (const [at, value] of changes) bytes[at] = value;
          for (let at = 0; fixesSums && at < bytes.length; at += 512) mendSum(bytes.subarray(at, at + 512));
          const error = await unpacked(gzipSync(bytes, { level: 1 })).catch((thrown) => thrown);
          if (error instanceof Error) expect(error).toBeInstanceOf(Problem);
          expect(pathsIn(directory).filter((path) => !path.startsWith("deploy/into/"))).toEqual([
            "archive.tar.gz",
            "deploy/",
          ]);
        },
      ),
      { numRuns: 150 },
    );
  });
});

function mendSum(block: Buffer): void {
  if (block.every((byte) => byte === 0)) return;
  block.write("        ", 148, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
}
