import { z } from "zod";
import { setting } from "../setting.ts";

/** Its own key, and the one that everything kept secret is sealed under. */
export const secrets = {
  apiKey: setting(
    "AGENTGATE_API_KEY",
    "minted at the first start",
    "The admin key. When unset, one is minted at the first start, printed once, and only its hash is kept.",
    // As a file or a shell substitution hands it over, perhaps with a line end that no header can carry.
    z.string().trim().min(8, "must have at least 8 characters").optional(),
  ),
  secretKey: setting(
    "AGENTGATE_SECRET_KEY",
    "minted at the first start",
    "Encrypts agents' credentials and callers' push secrets. When unset, one is kept in the data directory, or in DATABASE_URL's database.",
    z.string().min(16, "must have at least 16 characters").optional(),
  ),
  previousSecretKey: setting(
    "AGENTGATE_SECRET_KEY_PREVIOUS",
    "none",
    "A secret key that AGENTGATE_SECRET_KEY has taken the place of: what was sealed under it opens as well, until agentgate secrets rotate.",
    z.string().min(16, "must have at least 16 characters").optional(),
  ),
};
