import proxyAddr from "@fastify/proxy-addr";
import { isAddressRange } from "../../outbound/index.ts";
import { setting } from "../setting.ts";
import { flag, integer, listOf } from "../values.ts";

const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text;
const isProxyRange = (text: string) => {
  try {
    proxyAddr.compile([text]);
    return true;
  } catch {
    return false;
  }
};

/** Who is reached, and who is believed to be where. */
export const networks = {
  allowPrivateNetworks: setting(
    "AGENTGATE_ALLOW_PRIVATE_NETWORKS",
    "0",
    "Lets agents live on loopback and private addresses. For development; cloud metadata addresses stay closed.",
    flag(false),
  ),
  allowedAddresses: setting(
    "AGENTGATE_ALLOW_ADDRESSES",
    "none",
    "Comma-separated addresses or CIDR ranges that agents may have, although they are not on the public internet.",
    listOf(isAddressRange, "addresses or CIDR ranges such as 10.1.0.0/16"),
  ),
  trustedProxies: setting(
    "AGENTGATE_TRUSTED_PROXIES",
    "none",
    "Comma-separated addresses or CIDR ranges whose X-Forwarded-For names the client.",
    listOf(isProxyRange, "addresses or CIDR ranges such as 10.0.0.0/8"),
  ),
  ipv6Prefix: setting(
    "AGENTGATE_IPV6_PREFIX",
    "64",
    "IPv6 addresses that share so many leading bits are one client wherever clients are counted; 56 or 48 where yours are given as much.",
    integer(16, 128, 64),
  ),
  corsOrigins: setting(
    "AGENTGATE_CORS_ORIGINS",
    "none",
    "Comma-separated origins that browsers may call from.",
    listOf(isOrigin, "origins such as https://app.example, without a path"),
  ),
};
