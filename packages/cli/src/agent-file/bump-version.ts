import { isMap, isScalar, parseDocument, type Scalar } from "yaml";
import { CliError } from "../cli-error.ts";

export const versionParts = ["major", "minor", "patch"] as const;
export type VersionPart = (typeof versionParts)[number];

/** `1.2` counts as 1.2.0; what follows a hyphen or plus sign is a pre-release or a build. */
const VERSION = /^(v?)(\d+)(?:\.(\d+))?(?:\.(\d+))?(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;

/**
 * The next version (Semantic Versioning 2.0.0). A pre-release becomes its release when that is high enough already.
 * @throws {@link CliError} when `version` is none
 */
export function nextVersion(version: string, part: VersionPart): string {
  const match = VERSION.exec(version);
  if (!match) {
    throw new CliError("version_invalid", `"${version}" is not a version such as 1.2.3`, {
      hint: "Correct it by hand first",
    });
  }
  const [, prefix = "", major = "0", minor = "0", patch = "0", preRelease] = match;
  const numbers = [BigInt(major), BigInt(minor), BigInt(patch)] as const;
  return prefix + raise(numbers, part, preRelease !== undefined).join(".");
}

function raise([major, minor, patch]: readonly [bigint, bigint, bigint], part: VersionPart, isPreRelease: boolean) {
  if (part === "major") return isPreRelease && minor === 0n && patch === 0n ? [major, 0n, 0n] : [major + 1n, 0n, 0n];
  if (part === "minor") return isPreRelease && patch === 0n ? [major, minor, 0n] : [major, minor + 1n, 0n];
  return [major, minor, isPreRelease ? patch : patch + 1n];
}

export interface BumpedFile {
  text: string;
  oldVersion: string;
  newVersion: string;
}

/** Replaces the version in the text of an `agentgate.yaml`; every other character stays. */
export function bumpVersion(path: string, text: string, part: VersionPart): BumpedFile {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error) throw new CliError("agent_file_invalid", `${path}: ${error.message}`);
  const node = isMap(document.contents) ? document.contents.get("version", true) : undefined;
  if (!isScalar(node) || node.value === null || !node.range) {
    throw new CliError("version_missing", `${path} has no version`, { hint: "Add a line such as: version: 1.0.0" });
  }
  const [start, end] = node.range;
  const oldVersion = typeof node.value === "string" ? node.value : ((node as Scalar).source ?? `${node.value}`);
  const newVersion = nextVersion(oldVersion, part);
  const written = text.slice(start, end).replace(oldVersion, newVersion);
  return { text: text.slice(0, start) + written + text.slice(end), oldVersion, newVersion };
}
