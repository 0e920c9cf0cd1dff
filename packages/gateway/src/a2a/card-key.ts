import { sealedSettingPlace } from "../secrets/index.ts";

/** Where the private half of the key that signs cards is kept, as a JWK. */
export const CARD_KEY = { name: "card_signing_key", purpose: "card signing key" };

/** The key, for whoever has to seal it anew. Cards are signed with another when it was forgotten. */
export const sealedSigningKey = sealedSettingPlace("the key that signs cards", CARD_KEY);
