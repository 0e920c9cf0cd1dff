import { useSyncExternalStore } from "react";
import { type Preferences, readPreferences } from "./read-preferences.ts";

export type { Preferences };

const YEAR_SECONDS = 365 * 24 * 3_600;
const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
const listeners = new Set<() => void>();
// Cookies, so that the gateway writes the page in the right theme before any script runs.
let current: Preferences = readPreferences(document.cookie, location.search, ownZone);

export function setPreferences(changes: Partial<Preferences>): void {
  current = { ...current, ...changes };
  for (const [name, value] of Object.entries(changes)) {
    const isDefault = value === "system" || value === "comfortable" || value === "on";
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

export const preferencesNow = (): Preferences => current;
export const usePreferences = (): Preferences => useSyncExternalStore(subscribe, () => current);
export const zones = (): string[] => [...new Set([ownZone, "UTC", ...Intl.supportedValuesOf("timeZone")])];
