import { directoryVersion } from "./directory.ts";
import { directoryLimits } from "./entry.ts";

/** Something in a document that is not as the format has it. */
export interface DirectoryFinding {
  /** JSON Pointer (RFC 6901). */
  readonly path: string;
  readonly message: string;
}

/** Sites of one page. */
export const directorySitesMax = 1_000;

type Json = Readonly<Record<string, unknown>>;
type Say = (path: string, message: string) => void;

/** Of a whole document, or a page of one: what is wrong beside its sites, and with each of them. */
export function directoryFindings(document: unknown): DirectoryFinding[] {
  const findings: DirectoryFinding[] = [];
  const say: Say = (path, message) => void findings.push({ path, message });
  if (!isObject(document)) return [{ path: "", message: "A directory is a JSON object." }];
  const { directory_version: version, name, next, sites, updated_at } = document;
  if (typeof version !== "string" || !/^1\.\d+$/.test(version))
    say("/directory_version", `It must be a version 1, such as "${directoryVersion}".`);
  if (!isText(name, directoryLimits.name)) say("/name", "It must be a text of 1 to 255 characters.");
  if (next !== null && !isText(next, 2_048)) say("/next", "It must be the address of the next page, or null.");
  if (updated_at !== null && !isTime(updated_at)) say("/updated_at", "It must be an ISO 8601 time, or null.");
  if (!Array.isArray(sites)) say("/sites", "It must be a list.");
  else if (sites.length > directorySitesMax) say("/sites", `A page has ${directorySitesMax} sites at most.`);
  else {
    const urls = new Set<unknown>();
    sites.forEach((site, index) => {
      findings.push(...siteFindings(site, `/sites/${index}`));
      const { url } = isObject(site) ? site : {};
      if (url !== undefined && urls.has(url)) say(`/sites/${index}/url`, "This site stands in the list twice.");
      urls.add(url);
    });
  }
  return findings;
}

/** Of one entry: nothing when it can be used. */
export function siteFindings(site: unknown, path = ""): DirectoryFinding[] {
  if (!isObject(site)) return [{ path, message: "A site is a JSON object." }];
  const findings: DirectoryFinding[] = [];
  const demand = (isFine: boolean, member: string, message: string) => {
    if (!isFine) findings.push({ path: `${path}/${member}`, message });
  };
  const { url, name, description, manifest_url, agent_api_version, manifest_digest, auth, checked_at, tags } = site;
  demand(isWebAddress(url), "url", "It must be an http or https address without credentials, query and fragment.");
  demand(
    isWebAddress(manifest_url) && isWebAddress(url) && new URL(manifest_url).origin === new URL(url).origin,
    "manifest_url",
    "It must be an address on the site.",
  );
  demand(isText(name, directoryLimits.name), "name", "It must be a text of 1 to 255 characters.");
  demand(isString(description, 10_000), "description", "It must be a text of at most 10,000 characters.");
  demand(
    typeof agent_api_version === "string" && /^1\b/.test(agent_api_version),
    "agent_api_version",
    'It must be "1.0", or another version 1.',
  );
  demand(
    typeof manifest_digest === "string" && /^sha256:[0-9a-f]{64}$/.test(manifest_digest),
    "manifest_digest",
    "It must be `sha256:` and 64 hexadecimal digits.",
  );
  demand(["api_key", "bearer", "none"].includes(auth as string), "auth", "It must be api_key, bearer or none.");
  demand(isTime(checked_at), "checked_at", "It must be an ISO 8601 time.");
  demand(tags === undefined || isTexts(tags, directoryLimits.tags, 64), "tags", "They must be short texts.");
  for (const [member, isEntry] of [
    ["intents", isIntent],
    ["flows", isFlow],
  ] as const) {
    const list = site[member];
    const isList = Array.isArray(list) && list.length <= 1_000;
    demand(isList, member, "It must be a list of at most 1,000.");
    if (!isList) continue;
    for (const [index, entry] of list.entries())
      demand(isObject(entry) && isEntry(entry), `${member}/${index}`, "It is not as the format has it.");
  }
  return findings;
}

const isIntent = ({ name, description }: Json): boolean => isText(name, 128) && isString(description, 10_000);

const isFlow = ({ name, description, orchestration, steps }: Json): boolean =>
  isText(name, 128) &&
  isString(description, 10_000) &&
  (orchestration === "server" || orchestration === "client") &&
  isTexts(steps, 1_000, 128);

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isString = (value: unknown, charactersMax: number): value is string =>
  typeof value === "string" && value.length <= charactersMax;
const isText = (value: unknown, charactersMax: number): value is string =>
  isString(value, charactersMax) && value !== "";
const isTexts = (value: unknown, most: number, charactersMax: number): boolean =>
  Array.isArray(value) && value.length <= most && value.every((one) => isText(one, charactersMax));
const isTime = (value: unknown): boolean =>
  isString(value, 40) && /^\d{4}-\d\d-\d\dT/.test(value) && !Number.isNaN(Date.parse(value));

function isWebAddress(value: unknown): value is string {
  if (!isString(value, 2_048) || !URL.canParse(value)) return false;
  const { protocol, username, password, hash } = new URL(value);
  return /^https?:$/.test(protocol) && username + password + hash === "";
}
