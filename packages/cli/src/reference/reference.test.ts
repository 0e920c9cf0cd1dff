import { globSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { expect, test } from "vitest";
import { Cli } from "../cli.ts";
import { commands } from "../commands/index.ts";
import { Output } from "../output/output.ts";
import { jsonShapes } from "./json-shapes.ts";
import { renderReference } from "./render-reference.ts";

const path = new URL("../../../../docs/cli.md", import.meta.url);
const [BEGIN, END] = ["<!-- reference: UPDATE_DOCS=1 writes it -->\n\n", "\n<!-- end of the reference -->"];

/** `UPDATE_DOCS=1` writes the reference anew. */
test("the page's reference has every command, argument and option as they are", async () => {
  const page = readFileSync(path, "utf8");
  const [begin, end] = [page.indexOf(BEGIN) + BEGIN.length, page.indexOf(END)];
  const reference = await renderReference();
  if (process.env.UPDATE_DOCS) writeFileSync(path, page.slice(0, begin) + reference + page.slice(end));
  else expect(page.slice(begin, end)).toBe(reference);
});

/** A test that runs a command as a process writes it as words: `["org", "show"`, `json("org", "show"`, or `["keys", ...args]` and `run("show"`. */
test("each command is run as a process by some test", () => {
  const root = fileURLToPath(new URL("../", import.meta.url));
  const files = globSync("**/*.test.ts", { cwd: root }).map((file) => readFileSync(`${root}${file}`, "utf8"));
  const texts = files.filter((text) => /served-gateway|run-agentgate|on-terminal/.test(text));
  const isRun = (words: string[]) => {
    const [name, ...rest] = words;
    const literally = new RegExp(
      `(?:[[(]|binPath,)\\s*(?:"--json",\\s*)?${words.map((word) => `"${word}"`).join(",\\s*")}`,
    );
    const byTheWay = new RegExp(`\\(\\s*"${rest[0]}"`);
    const inOne = new RegExp(`"${words.join(" ")}[ "]`);
    return texts.some(
      (text) =>
        literally.test(text) ||
        inOne.test(text) ||
        (rest.length > 0 && text.includes(`["${name}", ...`) && byTheWay.test(text)),
    );
  };
  const wanted = Object.entries(jsonShapes).filter(([, shape]) => shape !== "");
  expect(wanted.length).toBeGreaterThan(90);
  expect(wanted.map(([words]) => words).filter((words) => !isRun(words.split(" ")))).toEqual([]);
});

test("each option is given to a command by some test", async () => {
  const root = fileURLToPath(new URL("../", import.meta.url));
  const texts = globSync("**/*.test.ts", { cwd: root })
    .map((file) => readFileSync(`${root}${file}`, "utf8"))
    .filter((text) => /served-gateway|run-agentgate|on-terminal/.test(text));
  const given = new Set(texts.flatMap((text) => text.match(/(?<=["`' ])--?[a-z][a-z0-9-]*(?=["`'= ])/g) ?? []));
  const options = [...(await renderReference()).matchAll(/^\| `(?:(-\w), )?(--[a-z][a-z0-9-]*)/gm)];
  expect(options.length).toBeGreaterThan(200);
  const never = options.filter(([, short = "", long = ""]) => !given.has(short) && !given.has(long));
  expect(never.map(([, , long]) => long)).toEqual([]);
});

test("what each command prints with --json is written down", async () => {
  const all: string[] = [];
  for (const { usage, load } of commands) {
    const command = new Command(usage.split(" ", 1)[0]!);
    (await load())(command, new Cli(new Output({ json: false })));
    all.push(command.name(), ...command.commands.map((sub) => `${command.name()} ${sub.name()}`));
  }
  expect(Object.keys(jsonShapes).sort()).toEqual(all.sort());
});
