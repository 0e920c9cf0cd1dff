import { useSyncExternalStore } from "react";

/** What a reader sets for all pages, in this browser. */
export interface Preferences {
  theme: "system" | "light" | "dark";
  /** IANA name of the zone that times are told in. */
  zone: string;
  density: "comfortable" | "compact";
}

const YEAR_SECONDS = 365 * 24 * 3_600;
const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
const listeners = new Set<() => void>();
let current: Preferences = load();

/** Cookies, so that the gateway writes the page in the right theme before any script runs. */
function load(): Preferences {
  const cookies = new Map(document.cookie.split("; ").map((pair) => pair.split("=") as [string, string]));
  const theme = cookies.get("theme");
  const zone = decodeURIComponent(cookies.get("zone") ?? "");
  return {
    theme: theme === "light" || theme === "dark" ? theme : "system",
    zone: isZone(zone) ? zone : ownZone,
    density: cookies.get("density") === "compact" ? "compact" : "comfortable",
  };
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return zone !== "";
  } catch {
    return false;
  }
}

export function setPreferences(changes: Partial<Preferences>): void {
  current = { ...current, ...changes };
  for (const [name, value] of Object.entries(changes)) {
    const isDefault = value === "system" || value === "comfortable";
    const age = isDefault ? 0 : YEAR_SECONDS;
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store is not in every browser
    document.cookie = `${name}=${encodeURIComponent(value)}; Path=/; Max-Age=${age}; SameSite=Lax`;
  }
  if (changes.theme) {
    if (changes.theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = changes.theme;
  }
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

export const usePreferences = (): Preferences => useSyncExternalStore(subscribe, () => current);
export const zones = (): string[] => [...new Set([ownZone, "UTC", ...Intl.supportedValuesOf("timeZone")])];
