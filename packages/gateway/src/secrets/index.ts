export { openSealer, type SecretsOptions } from "./open-sealer.ts";
export { rotateSecrets, type SecretsReport } from "./rotate-secrets.ts";
export type { SealedPlace, SealedText } from "./sealed-place.ts";
export { SealedSetting, type SealedSettingName, sealedSettingPlace } from "./sealed-setting.ts";
export { SecretKeyError } from "./secret-check.ts";
