import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageFile } from "../package-directory.ts";
import { version } from "../version.ts";
import { demandFree, writeAnew } from "../write-anew.ts";

/** What `agentgate init` can make: what the agent speaks. */
export const templates = {
  plain: "answers tasks at POST /a2a; needs nothing but Node.js",
  a2a: "an A2A agent with the official SDK: card, streams, cancellation",
  mcp: "an MCP server with the official SDK: its tools are skills",
  site: "a website with the site kit: pages for people, intents and flows for agents",
} as const;

/** What it may be asked, as words behind `agentgate call NAME`. */
export const firstCall: Record<Template, string> = {
  plain: '"Hello!"',
  a2a: '"Hello!"',
  mcp: "echo text=Hello",
  site: "search_products query=tea",
};

export type Template = keyof typeof templates;

/** Names that files have in the package: npm treats their own in its own way. */
const ownNames: Record<string, string> = { _gitignore: ".gitignore", "_package.json": "package.json" };

export interface MadeAgent {
  /** Paths of the files, in the directory. */
  files: string[];
  /** Whether packages have to be installed before it runs. */
  needsInstall: boolean;
}

/** Writes an agent's files. @throws CliError when one of them is there already, unless forced */
export function makeAgent(
  directory: string,
  { name, template, force }: { name: string; template: Template; force?: boolean | undefined },
): MadeAgent {
  const sources = ["shared", template].flatMap((one) => {
    const from = packageFile(`templates/${one}/`);
    return readdirSync(from).map((file) => [ownNames[file] ?? file, new URL(file, from)] as const);
  });
  demandFree(
    sources.map(([file]) => join(directory, file)),
    { force },
  );
  mkdirSync(directory, { recursive: true });
  const values = { __NAME__: name, ...siteKit() };
  for (const [file, from] of sources) {
    const text = Object.entries(values).reduce(
      (made, [placeholder, value]) => made.replaceAll(placeholder, value),
      readFileSync(from, "utf8"),
    );
    writeAnew(join(directory, file), text, { force });
  }
  const manifest = readFileSync(join(directory, "package.json"), "utf8");
  return { files: sources.map(([file]) => file).sort(), needsInstall: "dependencies" in JSON.parse(manifest) };
}

/**
 * How the site kit is had: by its version from npm; in a checkout of the project, whose packages are not built, from its sources.
 */
function siteKit(): Record<"__SITE__" | "__CONDITION__" | "__TYPES__", string> {
  if (!existsSync(packageFile("src/index.ts"))) return { __SITE__: `^${version}`, __CONDITION__: "", __TYPES__: "" };
  const condition = "agentgate-source";
  return {
    __SITE__: `file:${fileURLToPath(packageFile("../site"))}`,
    __CONDITION__: ` --conditions=${condition}`,
    __TYPES__: ` --customConditions ${condition}`,
  };
}
