/** The revision without sessions (SEP-2567, SEP-2575): each request says itself what it is of. */
export const MODERN_REVISION = "2026-07-28";
export const modernRevisions: readonly string[] = [MODERN_REVISION];

/** Revisions that begin with `initialize`, newest first. */
export const legacyRevisions = ["2025-11-25", "2025-06-18", "2025-03-26"] as const;
export type LegacyRevision = (typeof legacyRevisions)[number];

/** What a client of the legacy era speaks that names no revision: the header came with 2025-06-18. */
export const UNNAMED_REVISION: LegacyRevision = "2025-03-26";

export const isModernRevision = (version: string): boolean => modernRevisions.includes(version);

export const isLegacyRevision = (version: unknown): version is LegacyRevision =>
  legacyRevisions.some((known) => known === version);

/** The revision that `initialize` is answered with: the one that was asked for or, where that is not spoken, the newest. */
export const negotiatedRevision = (asked: unknown): LegacyRevision =>
  isLegacyRevision(asked) ? asked : legacyRevisions[0];

/** Every revision that is spoken, newest first. */
export const spokenRevisions: readonly string[] = [...modernRevisions, ...legacyRevisions];
