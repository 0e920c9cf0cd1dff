import type { Coverage } from "./coverage.ts";

const HEAD = `# What tests reach of the API

Written by \`npm run coverage:api\`, which runs tests that speak to a gateway over HTTP and notes what each operation of \`/openapi.json\` answered. A row is an
operation: the statuses that tests were given, how many of the members that its answers of success may have they were given, by which files
of tests, and which recorded clients (\`tests/fixtures/clients\`) call it byte for byte. \`tests/api-coverage.test.ts\` fails when an
operation is missing here, or was never reached with success.
`;

/** The page as Markdown. */
export function coveragePage(all: readonly Coverage[]): string {
  const tags = Map.groupBy(all, ({ tag }) => tag);
  const sections = [...tags].map(([tag, operations]) => {
    const rows = operations.map(rowOf);
    return `## ${tag}

| operation | statuses | members | tests | recorded clients |
|---|---|---|---|---|
${rows.join("\n")}
`;
  });
  const fields = all.flatMap((one) => one.fields).length;
  const unseen = all.flatMap((one) => one.unseen).length;
  const summary = `${all.length} operations, ${all.filter(({ statuses }) => !statuses.some(isSuccess)).length} of them without a success; ${fields} members of answers, ${unseen} of them never seen.`;
  return `${HEAD}\n${summary}\n\n${sections.join("\n")}`;
}

const isSuccess = (status: number) => status < 400;

function rowOf({ method, path, statuses, fields, unseen, files, clients }: Coverage): string {
  const missing = unseen.length > 0 ? `; never: ${unseen.map((field) => `\`${field}\``).join(", ")}` : "";
  const members = fields.length === 0 ? "–" : `${fields.length - unseen.length} of ${fields.length}${missing}`;
  const [first, ...others] = files.map((file) => file.replace(/^packages\/(\w+)\/src\//, "$1/"));
  const tests = first === undefined ? "none" : others.length > 0 ? `${first}, ${others.length} more` : first;
  return `| \`${method} ${path}\` | ${statuses.join(" ") || "none"} | ${members} | ${tests} | ${clients.join(", ") || "–"} |`;
}

/** What the page says of each operation. */
export function rowsOf(page: string): Map<string, { statuses: number[]; clients: string[] }> {
  const rows = page.matchAll(/^\| `([A-Z]+ [^`]+)` \| ([^|]*) \| [^|]* \| [^|]* \| ([^|]*) \|$/gm);
  return new Map(
    [...rows].map(([, operation = "", statuses = "", clients = ""]) => [
      operation,
      {
        statuses: statuses.split(" ").map(Number).filter(Boolean),
        clients: clients === "–" ? [] : clients.split(", "),
      },
    ]),
  );
}
