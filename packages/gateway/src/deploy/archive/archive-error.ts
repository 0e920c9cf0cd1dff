import { Problem } from "../../http/index.ts";

/** What is wrong with an archive, as its sender may see it. */
export const unusable = (detail: string): Problem =>
  new Problem(400, `Cannot use the archive: ${detail}`, { code: "archive_unusable" });

/** It holds more than one may. */
export const tooLarge = (detail: string): Problem =>
  new Problem(413, `The archive is too large: ${detail}`, { code: "archive_too_large" });
