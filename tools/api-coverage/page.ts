import type { Coverage } from "./coverage.ts";

const HEAD = `# What tests reach of the API

Written by \`npm run coverage:api\`, which runs tests that speak to a gateway over HTTP and notes what each operation of \`/openapi.json\` answered. A row is an
operation: the statuses that tests were given, how many of the members that its answers of success may have they were given, by which files
of tests, and which recorded clients (\`tests/fixtures/clients\`) call it byte for byte. \`tests/api-coverage.test.ts\` fails when an
operation is missing here, was never reached with success, or may answer a member that no test was given. With files of tests named behind \`--\` these run
alone, and what was known before of all else stays.
`;

/** What the page says of one operation. */
export interface CoverageRow {
  operation: string;
  tag: string;
  statuses: readonly number[];
  /** Members that its answers may have, and those that no test was given. */
  members: number;
  unseen: readonly string[];
  tests: string;
  clients: readonly string[];
}

export const toRow = ({ method, path, tag, statuses, fields, unseen, files, clients }: Coverage): CoverageRow => {
  const [first, ...others] = files.map((file) => file.replace(/^packages\/(\w+)\/src\//, "$1/"));
  const tests = first === undefined ? "none" : others.length > 0 ? `${first}, ${others.length} more` : first;
  return { operation: `${method} ${path}`, tag, statuses, members: fields.length, unseen, tests, clients };
};

/**
 * What is known after some of the tests ran: what they were given, beside what was known before. Of an operation whose answers may have more or
 * less members by now, only what they were given counts.
 */
export function withBefore(coverage: Coverage, before: CoverageRow | undefined): CoverageRow {
  const now = toRow(coverage);
  if (!before) return now;
  const unseen =
    before.members === now.members ? now.unseen.filter((field) => before.unseen.includes(field)) : now.unseen;
  const statuses = [...new Set([...before.statuses, ...now.statuses])].sort((a, b) => a - b);
  return { ...now, statuses, unseen, tests: before.tests };
}

/** The page as Markdown. */
export function coveragePage(rows: readonly CoverageRow[]): string {
  const sections = [...Map.groupBy(rows, ({ tag }) => tag)].map(
    ([tag, operations]) => `## ${tag}

| operation | statuses | members | tests | recorded clients |
|---|---|---|---|---|
${operations.map(lineOf).join("\n")}
`,
  );
  const members = rows.reduce((sum, row) => sum + row.members, 0);
  const unseen = rows.reduce((sum, row) => sum + row.unseen.length, 0);
  const summary = `${rows.length} operations, ${rows.filter((row) => !isReached(row)).length} of them without a success; ${members} members of answers, ${unseen} of them never seen.`;
  return `${HEAD}\n${summary}\n\n${sections.join("\n")}`;
}

export const isReached = ({ statuses }: CoverageRow): boolean => statuses.some((status) => status < 400);

function lineOf({ operation, statuses, members, unseen, tests, clients }: CoverageRow): string {
  const missing = unseen.length > 0 ? `; never: ${unseen.map((field) => `\`${field}\``).join(", ")}` : "";
  const seen = members === 0 ? "–" : `${members - unseen.length} of ${members}${missing}`;
  return `| \`${operation}\` | ${statuses.join(" ") || "none"} | ${seen} | ${tests} | ${clients.join(", ") || "–"} |`;
}

/** What the page says of each operation. */
export function rowsOf(page: string): Map<string, CoverageRow> {
  const rows = page.matchAll(/^\| `([A-Z]+ [^`]+)` \| ([^|]*) \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$/gm);
  return new Map(
    [...rows].map(([, operation = "", statuses = "", members = "", tests = "", clients = ""]) => [
      operation,
      {
        operation,
        tag: "",
        statuses: statuses.split(" ").map(Number).filter(Boolean),
        members: Number(/^\d+ of (\d+)/.exec(members)?.[1] ?? 0),
        unseen: [...members.matchAll(/`([^`]+)`/g)].map(([, field = ""]) => field),
        tests,
        clients: clients === "–" ? [] : clients.split(", "),
      },
    ]),
  );
}
