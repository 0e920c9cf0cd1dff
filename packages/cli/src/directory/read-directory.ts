import {
  type DirectoryFinding,
  type DirectorySite,
  directoryFindings,
  directoryPath,
  type SiteDirectory,
  siteFindings,
} from "@agentgate/protocol/directory";
import { CliError } from "../cli-error.ts";
import { documentUrl, readDocument } from "../site/read-document.ts";
import { siteUrl } from "../site/site-options.ts";

const PAGES_MAX = 100;

export interface CheckedDirectory {
  /** Those that can be used. */
  sites: DirectorySite[];
  /** Of all pages; a place on one behind the first has the page's address before it. */
  findings: DirectoryFinding[];
}

/** A directory with all its pages. @throws {@link CliError} when it cannot be read, or is no JSON */
export async function readDirectory(place: string): Promise<CheckedDirectory> {
  const sites: DirectorySite[] = [];
  const findings: DirectoryFinding[] = [];
  const first = placeOf(place);
  let at: URL | undefined = first;
  for (let page = 0; at && page < PAGES_MAX; page++) {
    const address: URL = at;
    const document = parse(await readDocument(address), address);
    const inPage = page === 0 ? "" : address.href;
    for (const { path, message } of directoryFindings(document)) findings.push({ path: inPage + path, message });
    const { sites: found, next } = Object(document) as Partial<SiteDirectory>;
    if (Array.isArray(found)) sites.push(...found.filter((site) => siteFindings(site).length === 0));
    at = typeof next === "string" && URL.canParse(next, address.href) ? new URL(next, address) : undefined;
    if (at && (at.protocol !== first.protocol || at.host !== first.host)) {
      findings.push({
        path: `${inPage}/next`,
        message: "The next page is on another origin: readers do not follow there.",
      });
      at = undefined;
    }
  }
  return { sites, findings };
}

/** A file; else an address, of a document or of whoever serves one. */
function placeOf(place: string): URL {
  const isFile = !/^https?:\/\//i.test(place) && /\.json$|^[./]/.test(place);
  if (isFile) return documentUrl(place);
  const url = new URL(siteUrl(place));
  if (!url.pathname.endsWith(".json")) url.pathname = url.pathname.replace(/\/+$/, "") + directoryPath;
  return url;
}

function parse(text: string, { href }: URL): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError("directory_invalid", `${href} is no JSON: ${(error as Error).message}`);
  }
}
