import { shortText } from "@agentgate/protocol/format";

/** The first that is found counts: most call themselves by others' names as well. */
const BROWSERS = [
  ["Edg/", "Edge"],
  ["OPR/", "Opera"],
  ["Firefox/", "Firefox"],
  ["HeadlessChrome/", "Chrome without a window"],
  ["Chrome/", "Chrome"],
  ["Safari/", "Safari"],
] as const;
const SYSTEMS = [
  ["Android", "Android"],
  ["iPhone", "iPhone"],
  ["iPad", "iPad"],
  ["Windows", "Windows"],
  ["Mac OS X", "macOS"],
  ["CrOS", "ChromeOS"],
  ["Linux", "Linux"],
] as const;
const SHORT = 40;

const nameIn = (names: readonly (readonly [string, string])[], userAgent: string) =>
  names.find(([part]) => userAgent.includes(part))?.[1];

/** What people call the browser that calls itself so. It is whatever somebody sent: never more than a hint. */
export function browserOf(userAgent: string): string {
  const browser = nameIn(BROWSERS, userAgent);
  const system = nameIn(SYSTEMS, userAgent);
  if (!browser) return shortText(userAgent, SHORT);
  return system ? `${browser}, ${system}` : browser;
}
