/** Why a socket is closed: RFC 6455, section 7.4.1, and contract section 4 for an agent that there is not. */
export const GOING_AWAY = 1001;
export const POLICY_VIOLATION = 1008;
export const TOO_BIG = 1009;
export const TRY_AGAIN_LATER = 1013;
export const UNKNOWN_AGENT = 4004;
