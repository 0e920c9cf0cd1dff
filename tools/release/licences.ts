// Whose work comes with the packages, and under which terms.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { publishedPackages } from "./published-packages.ts";

interface Locked {
  version?: string;
  license?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  link?: boolean;
  resolved?: string;
}

export interface Used {
  name: string;
  version: string;
  /** As SPDX has it. */
  licence: string;
  /** Whether it is installed beside our packages, or built into the pages. */
  how: "installed" | "in the pages";
}

/** Terms that ask for no more than a notice. */
export const allowed = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "MIT-0",
  "OFL-1.1",
  "Python-2.0",
  "Unlicense",
]);

/** What the dashboard's build puts into its static files. */
const builtIn = [
  "@base-ui/react",
  "@fontsource-variable/atkinson-hyperlegible-mono",
  "@fontsource-variable/atkinson-hyperlegible-next",
  "@tanstack/react-query",
  "@tanstack/react-router",
  "@tanstack/react-virtual",
  "lucide-react",
  "react",
  "react-dom",
  "tailwindcss",
];

/** Everything that comes with what is published, by name. */
export function usedPackages(root: string): Used[] {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, Locked>;
  };
  const found = new Map<string, Used>();
  const visit = (from: string, name: string, how: Used["how"]): void => {
    const place = placeOf(packages, from, name);
    const locked = place === undefined ? undefined : packages[place];
    // An optional one of another platform.
    if (place === undefined || !locked) return;
    const { version = "", license: licence = "unknown", dependencies, optionalDependencies } = locked;
    const key = `${name}@${version}`;
    if (found.has(key)) return;
    found.set(key, { name, version, licence, how });
    for (const next of Object.keys({ ...dependencies, ...optionalDependencies })) visit(place, next, how);
  };
  for (const { directory, manifest } of publishedPackages(root))
    for (const name of Object.keys(manifest.dependencies ?? {}))
      if (!name.startsWith("@agentgate/")) visit(directory, name, "installed");
  for (const name of builtIn) visit("packages/dashboard", name, "in the pages");
  return [...found.values()].sort(
    (a, b) => a.name.localeCompare(b.name, "en") || a.version.localeCompare(b.version, "en"),
  );
}

/** Where Node would find `name` from the package at `from`. */
function placeOf(packages: Record<string, Locked>, from: string, name: string): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf("node_modules/") - 1))) {
    const place = `${at ? `${at}/` : ""}node_modules/${name}`;
    if (packages[place]) return place;
    if (at === "") return undefined;
    if (!at.includes("node_modules/")) at = "";
  }
}

/** Whether one of the terms that it may be taken under is allowed. */
export const isAllowed = (licence: string): boolean =>
  licence
    .replace(/^\(|\)$/g, "")
    .split(" OR ")
    .some((one) => one.split(" AND ").every((term) => allowed.has(term.trim())));

/** docs/licences.md */
export function licencesPage(used: readonly Used[]): string {
  const rows = used.map(({ name, version, licence, how }) => `| \`${name}\` | ${version} | ${licence} | ${how} |`);
  const counts = new Map<string, number>();
  for (const { licence } of used) counts.set(licence, (counts.get(licence) ?? 0) + 1);
  const sums = [...counts]
    .sort(([a, n], [b, m]) => m - n || a.localeCompare(b, "en"))
    .map(([licence, count]) => `${licence} ${count}`);
  return `# Licences

AgentGate is under the MIT licence. What is installed with it, or was built into the gateway's pages, is under these, which ask for no more than a notice: ${sums.join(", ")}.

<!-- Written by tools/release/licences.test.ts: UPDATE_DOCS=1 npx vitest run tools/release/licences.test.ts -->

| package | version | licence | |
| --- | --- | --- | --- |
${rows.join("\n")}
`;
}
