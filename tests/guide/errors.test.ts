import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseSync } from "oxc-parser";
import { expect, test } from "vitest";
import { titleOf } from "../../packages/gateway/src/http/problem.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(`${root}docs/errors.md`, "utf8");

/** By code: the statuses that the page says it has. */
const told = new Map(
  [...page.matchAll(/^### (\S+)\n\n\*\*([\d, a-z]+)\.\*\*/gm)].map(([, code, statuses]) => [
    code!,
    statuses!.split(", "),
  ]),
);

interface Refusal {
  place: string;
  /** Undefined where it is known only when it happens. */
  status: number | undefined;
  code: string | undefined;
}

/** Every `new Problem(status, detail, { code })` and `refusal(status, code, …)` of the gateway, as it is written. */
function refusalsIn(file: string): Refusal[] {
  const found: Refusal[] = [];
  const literal = (node: any) => (node?.type === "Literal" ? node.value : undefined);
  const visit = (node: any): void => {
    if (Array.isArray(node)) for (const one of node) visit(one);
    if (typeof node !== "object" || node === null || Array.isArray(node)) return;
    const args = node.arguments ?? [];
    const place = `${file} at ${node.start}`;
    if (node.type === "NewExpression" && node.callee.name === "Problem") {
      const members = args[2]?.properties ?? [];
      const member = members.find(({ key }: any) => key?.name === "code");
      const status = literal(args[0]);
      const hasCode = args.length > 2 && (member !== undefined || args[2].type !== "ObjectExpression");
      const code = hasCode ? literal(member?.value) : status && defaultCode(status);
      found.push({ place, status, code });
    }
    if (node.type === "CallExpression" && node.callee.name === "refusal")
      found.push({ place, status: literal(args[0]), code: literal(args[1]) });
    Object.values(node).forEach(visit);
  };
  visit(parseSync(file, readFileSync(`${root}${file}`, "utf8")).program);
  return found;
}

const defaultCode = (status: number) => titleOf(status).toLowerCase().replaceAll(" ", "_");

const sources = globSync("packages/gateway/src/**/*.ts", { cwd: root }).filter(
  (file) => !/\.(?:test|suite|soak)\.ts$|\/testing\//.test(file),
);
const refusals = sources.flatMap(refusalsIn);

test("the page tells of every code that the gateway answers with, and of its status", () => {
  expect(refusals.length).toBeGreaterThan(150);
  const unknown = refusals.filter(({ code, status }) => {
    if (code === undefined) return false;
    const statuses = told.get(code);
    return !statuses || (status !== undefined && !statuses.includes(`${status}`));
  });
  expect(unknown).toEqual([]);
});

test("the page tells of none that there is not", () => {
  const code = sources.map((file) => readFileSync(`${root}${file}`, "utf8")).join("\n");
  const written = new Set(refusals.map((refusal) => refusal.code));
  const known = (name: string) =>
    written.has(name) ||
    code.includes(`"${name}"`) ||
    // What an agent did is named after its entry in the call log; what became of an agent after its state.
    (name.startsWith("agent_") && code.includes(`"${name.replace(/^agent_/, "")}"`)) ||
    ["agent_http_…", "agent_task_…"].includes(name);
  expect([...told.keys()].filter((name) => !known(name))).toEqual([]);
});

test("each code stands once", () => {
  const names = [...page.matchAll(/^### (\S+)$/gm)].map(([, name]) => name);
  expect(names).toEqual([...new Set(names)]);
  expect(names).toHaveLength(told.size);
});
