/** The protocol versions with rules of their own. 0.1 and 0.2 are read by their methods, never negotiated. */
export type A2AVersion = "1.0" | "0.3";

export const A2A_VERSION_HEADER = "a2a-version";
export const A2A_EXTENSIONS_HEADER = "a2a-extensions";
/** The name before 1.0. */
export const LEGACY_EXTENSIONS_HEADER = "x-a2a-extensions";
export const A2A_MEDIA_TYPE = "application/a2a+json";

/** `Major.Minor` of a version; patch numbers do not take part in negotiation (specification 1.0, section 3.6). */
export const majorMinor = (version: string): string =>
  /^(\d+\.\d+)(?:\.\d+)?$/.exec(version.trim())?.[1] ?? version.trim();

export const isSupportedVersion = (version: string): version is A2AVersion => version === "1.0" || version === "0.3";
