/**
 * How long a test waits for what is done at once, in milliseconds: what takes a moment on a machine at rest may take seconds on a loaded one.
 * Far below what would pass by itself (caches trust what they have for longer). How soon it is in figures is measured by the soaks.
 */
export const SOON_MS = 15_000;
