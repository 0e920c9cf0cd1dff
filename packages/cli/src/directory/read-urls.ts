import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { siteBase } from "@agentgate/client";
import { CliError } from "../cli-error.ts";
import { siteUrl } from "../site/site-options.ts";

const URLS_MAX = 100_000;

/** Addresses of sites, one a line, as people write them; each once. @throws {@link CliError} naming the lines that are none */
export async function readUrls(file: string): Promise<string[]> {
  const written = file === "-" ? await text(process.stdin) : await readFile(file, "utf8").catch(missing(file));
  const problems: string[] = [];
  const urls = new Set<string>();
  for (const [index, line] of written.split("\n").entries()) {
    const address = line.replace(/(^|\s)#.*$/, "").trim();
    if (address === "") continue;
    try {
      // Whether plain HTTP is allowed is told when the site is visited.
      urls.add(siteBase(siteUrl(address), true).href.replace(/\/$/, ""));
    } catch (error) {
      problems.push(`${file}:${index + 1}: ${error instanceof Error ? error.message : error}`);
    }
  }
  if (problems.length > 0) throw new CliError("invalid_url", problems.slice(0, 20).join("\n"), { exitCode: 2 });
  if (urls.size === 0) throw new CliError("no_urls", `${file} names no site`, { exitCode: 2 });
  if (urls.size > URLS_MAX)
    throw new CliError("too_many_urls", `${file} names more than ${URLS_MAX} sites`, { exitCode: 2 });
  return [...urls];
}

const missing = (file: string) => (error: NodeJS.ErrnoException) => {
  const reason = error.code === "ENOENT" ? "there is no such file" : error.message;
  throw new CliError("unreadable", `${file} cannot be read: ${reason}`, { exitCode: 2 });
};
