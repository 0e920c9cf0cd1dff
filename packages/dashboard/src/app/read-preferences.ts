/** What a reader sets for all pages, in this browser. */
export interface Preferences {
  theme: "system" | "light" | "dark";
  /** IANA name of the zone that times are told in. */
  zone: string;
  density: "comfortable" | "compact";
  /** Whether single letters are keys (WCAG 2.1.4). */
  letters: "on" | "off";
}

/**
 * What cookies say. Other servers of this host, on other ports, write cookies as well: what cannot be read is as if it were not there.
 *
 * @param search of the address: a link tells times in the zone that it was copied in
 */
export function readPreferences(cookie: string, search: string, ownZone: string): Preferences {
  const cookies = new Map(cookie.split("; ").map((pair) => pair.split("=") as [string, string]));
  const theme = cookies.get("theme");
  const given = new URLSearchParams(search).get("zone") ?? "";
  const zone = isZone(given) ? given : decoded(cookies.get("zone") ?? "");
  return {
    theme: theme === "light" || theme === "dark" ? theme : "system",
    zone: isZone(zone) ? zone : ownZone,
    density: cookies.get("density") === "compact" ? "compact" : "comfortable",
    letters: cookies.get("letters") === "off" ? "off" : "on",
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return zone !== "";
  } catch {
    return false;
  }
}
