import { z } from "zod";
import { setting } from "../setting.ts";
import { integer, wholeNumber } from "../values.ts";

const perSecond = (value: number) =>
  z.coerce
    .number({ error: "must be a number" })
    .positive("must be more than 0")
    .max(1_000_000, "must be at most 1000000")
    .default(value);

/** How much may come at once, and how often. */
export const bounds = {
  requestBytesMax: setting(
    "AGENTGATE_REQUEST_BYTES_MAX",
    "10485760",
    "Largest request body, in bytes.",
    integer(1024, 104_857_600, 10_485_760),
  ),
  anonymousRequestBytesMax: setting(
    "AGENTGATE_ANONYMOUS_REQUEST_BYTES_MAX",
    "1048576",
    "Largest request body, in bytes, of callers without a key that this gateway knows. Never more than the one above.",
    integer(1024, 104_857_600, 1_048_576),
  ),
  requestBytesInFlight: setting(
    "AGENTGATE_REQUEST_BYTES_IN_FLIGHT",
    "134217728",
    "Bodies of all requests under way together, in bytes, and as much again for the messages of WebSockets. One organization may have a quarter, one address without a known key an eighth, all of these a quarter.",
    integer(1_048_576, 17_179_869_184, 134_217_728),
  ),
  connectionsMax: setting(
    "AGENTGATE_CONNECTIONS_MAX",
    "three quarters of the process's file descriptors",
    "Connections of clients at once. Where there is no room, one on which nothing is being answered gives way.",
    wholeNumber(1, 10_000_000).optional(),
  ),
  connectionsPerAddress: setting(
    "AGENTGATE_CONNECTIONS_PER_ADDRESS",
    "2048, and at most a quarter of these",
    "Connections of one client address (of IPv6, network). Trusted proxies have no such bound.",
    wholeNumber(1, 10_000_000).optional(),
  ),
  socketsMax: setting(
    "AGENTGATE_SOCKETS_MAX",
    "10000",
    "WebSockets at once. One organization may have a quarter, one address without a known key an eighth, all of these a quarter.",
    integer(1, 1_000_000, 10_000),
  ),
  responseBytesMax: setting(
    "AGENTGATE_RESPONSE_BYTES_MAX",
    "20971520",
    "Largest answer accepted from an agent, in bytes.",
    integer(1024, 209_715_200, 20_971_520),
  ),
  answerBytesMax: setting(
    "AGENTGATE_ANSWER_BYTES_MAX",
    "268435456",
    "Bytes of agents' answers held at once, on their way and until delivered; one organization, agent or client has no more than it leaves for others. At least four of the largest answers.",
    integer(1_048_576, 1_099_511_627_776, 268_435_456),
  ),
  rateLimit: setting(
    "AGENTGATE_RATE_LIMIT",
    "10",
    "Task requests per second and client address (of IPv6, network), for agents without an organization.",
    perSecond(10),
  ),
  rateBurst: setting("AGENTGATE_RATE_BURST", "20", "Task requests at once, for the same.", integer(1, 1_000_000, 20)),
  missRate: setting(
    "AGENTGATE_MISS_RATE",
    "10",
    "Keys that nobody has, and agents that do not exist, per second and client address (of IPv6, network); who asks for more of them waits.",
    perSecond(10),
  ),
  missBurst: setting("AGENTGATE_MISS_BURST", "100", "As many at once, for the same.", integer(1, 1_000_000, 100)),
};
