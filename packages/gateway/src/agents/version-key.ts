/**
 * Text whose byte order is the precedence of semantic versions (semver.org, section 11): `1.10.0` after `1.9.0`, a release after
 * its pre-releases, build metadata ignored. Anything else sorts before every semantic version, as plain text.
 */
export function versionKey(version: string): string {
  const match = /^v?(\d{1,15})(?:\.(\d{1,15}))?(?:\.(\d{1,15}))?(?:-([0-9A-Za-z.-]+))?(?:\+.*)?$/.exec(version);
  if (!match) return `!${version}`;
  const [, major = "0", minor = "0", patch = "0", prerelease] = match;
  const core = [major, minor, patch].map(padded).join(".");
  return prerelease === undefined ? `${core}~` : `${core}-${prerelease.split(".").map(identifierKey).join(" ")}`;
}

const padded = (digits: string) => digits.padStart(15, "0");

/** Numeric identifiers sort as numbers and before the alphanumeric ones. */
const identifierKey = (identifier: string) =>
  /^\d{1,15}$/.test(identifier) ? `0${padded(identifier)}` : `1${identifier}`;
