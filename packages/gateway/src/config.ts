import { hostname } from "node:os";
import proxyAddr from "@fastify/proxy-addr";
import { z } from "zod";
import { isAddressRange } from "./outbound/index.ts";
import { otlpProtocols, samplerNames } from "./telemetry/index.ts";

/** One setting: its environment variable, meaning and default. docs/configuration.md is generated from this table. */
interface Setting<S extends z.ZodType> {
  env: string;
  help: string;
  schema: S;
  /** Shown in the documentation. */
  defaultText: string;
}

const setting = <S extends z.ZodType>(env: string, defaultText: string, help: string, schema: S): Setting<S> => ({
  env,
  defaultText,
  help,
  schema,
});

const wholeNumber = (min: number, max: number) => {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.coerce.number({ error }).int({ error }).min(min, { error }).max(max, { error });
};
const integer = (min: number, max: number, value: number) => wholeNumber(min, max).default(value);
const choice = <const T extends string>(values: readonly T[], value: NoInfer<T>) =>
  z.enum(values, { error: `must be ${values.slice(0, -1).join(", ")} or ${values.at(-1)}` }).default(value);
const flag = (value: boolean) =>
  z
    .enum(["1", "true", "on", "yes", "0", "false", "off", "no"], { error: "must be 1 or 0" })
    .transform((text) => ["1", "true", "on", "yes"].includes(text))
    .default(value);
const list = () =>
  z
    .string()
    .default("")
    .transform((text) =>
      text
        .split(",")
        .map((item) => item.trim())
        .filter(Boolean),
    );
const listOf = (isItem: (item: string) => boolean, what: string) =>
  list().superRefine((items, context) => {
    const wrong = items.find((item) => !isItem(item));
    if (wrong !== undefined) context.addIssue({ code: "custom", message: `must list ${what} (found "${wrong}")` });
  });
const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text;
const isProxyRange = (text: string) => {
  try {
    proxyAddr.compile([text]);
    return true;
  } catch {
    return false;
  }
};
const optionalUrl = (...protocols: string[]) =>
  z
    .url({ error: `must be a URL that starts with ${protocols.map((p) => `${p}://`).join(" or ")}` })
    .refine((url) => protocols.some((p) => url.startsWith(`${p}:`)), {
      error: `must start with ${protocols.map((p) => `${p}://`).join(" or ")}`,
    })
    .optional();

/** Pairs as OpenTelemetry's variables list them, `name=value,name=value`, percent-encoded. What is wrong is not repeated: values may be secrets. */
const pairs = (what: string) =>
  z
    .string()
    .default("")
    .transform((text, context) => {
      const found: Record<string, string> = {};
      for (const pair of text.split(",").filter((item) => item.trim() !== "")) {
        const [, name, value] = /^\s*([^=\s]+)\s*=(.*)$/s.exec(pair) ?? [];
        const decoded = name === undefined ? undefined : decodedPair(name, value!.trim());
        if (!decoded) {
          context.addIssue({ code: "custom", message: `must list ${what} as name=value, separated by commas` });
          return z.NEVER;
        }
        found[decoded[0]] = decoded[1];
      }
      return found;
    });
const decodedPair = (name: string, value: string): [string, string] | undefined => {
  try {
    return [decodeURIComponent(name), decodeURIComponent(value)];
  } catch {
    return undefined;
  }
};
const isHeader = ([name, value]: [string, string]) =>
  /^[!#$%&'*+\-.^_`|~\w]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
const exporter = () => choice(["otlp", "none"], "otlp");
const otlpUrl = () =>
  optionalUrl("http", "https").refine((url) => url === undefined || !/^https?:\/\/[^/]*@|#/i.test(url), {
    error: "must hold no credentials, which belong into OTEL_EXPORTER_OTLP_HEADERS, and no fragment",
  });

export const settings = {
  host: setting("AGENTGATE_HOST", "127.0.0.1", "Address to listen on.", z.string().min(1).default("127.0.0.1")),
  port: setting("AGENTGATE_PORT", "8000", "Port to listen on; 0 takes any free one.", integer(0, 65_535, 8000)),
  publicUrl: setting(
    "AGENTGATE_PUBLIC_URL",
    "http://HOST:PORT",
    "How callers reach this gateway; written into agent cards and the OpenAPI document.",
    optionalUrl("http", "https").transform((url) => url?.replace(/\/+$/, "")),
  ),
  dataDirectory: setting(
    "AGENTGATE_DATA_DIR",
    "./.agentgate",
    "Directory of the embedded database.",
    z.string().min(1).default("./.agentgate"),
  ),
  databaseUrl: setting(
    "DATABASE_URL",
    "embedded SQLite",
    "PostgreSQL to use instead of the embedded database; needed for more than one node.",
    optionalUrl("postgres", "postgresql"),
  ),
  redisUrl: setting(
    "REDIS_URL",
    "none",
    "Redis that holds the rate limits, so that all nodes share them. While it is down each node limits by itself.",
    optionalUrl("redis", "rediss"),
  ),
  redisTimeoutMs: setting(
    "AGENTGATE_REDIS_TIMEOUT_MS",
    "50",
    "The longest a request waits for Redis; then, and until Redis answers again, its node limits by itself.",
    integer(1, 600_000, 50),
  ),
  apiKey: setting(
    "AGENTGATE_API_KEY",
    "minted at the first start",
    "The admin key. When unset, one is minted at the first start, printed once, and only its hash is kept.",
    // As a file or a shell substitution hands it over, perhaps with a line end that no header can carry.
    z.string().trim().min(8, "must have at least 8 characters").optional(),
  ),
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
  taskTimeoutMs: setting(
    "AGENTGATE_TASK_TIMEOUT_MS",
    "29000",
    "How long an agent may take to answer a task, unless it has a timeout of its own.",
    integer(1, 600_000, 29_000),
  ),
  settleMarginMs: setting(
    "AGENTGATE_SETTLE_MARGIN_MS",
    "30000",
    "How long after a call's time is up money stays put aside, should the gateway die before it could settle or release it.",
    integer(100, 3_600_000, 30_000),
  ),
  streamTimeoutMs: setting(
    "AGENTGATE_STREAM_TIMEOUT_MS",
    "3600000",
    "How long an A2A stream, or a task that goes on after its answer, may take.",
    integer(1000, 86_400_000, 3_600_000),
  ),
  rootAgent: setting(
    "AGENTGATE_ROOT_AGENT",
    "none",
    "Id of the agent whose A2A card and interfaces also stand at the root of this host.",
    z.uuid({ error: "must be the id of an agent" }).optional(),
  ),
  cardFormat: setting(
    "AGENTGATE_CARD_FORMAT",
    "hybrid",
    "Agent card for clients that name no A2A version: hybrid serves 1.0 and 0.3 in one document, 1.0 is strict and not for 0.3's clients.",
    choice(["hybrid", "1.0"], "hybrid"),
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
    z.coerce
      .number({ error: "must be a number" })
      .positive("must be more than 0")
      .max(1_000_000, "must be at most 1000000")
      .default(10),
  ),
  rateBurst: setting("AGENTGATE_RATE_BURST", "20", "Task requests at once, for the same.", integer(1, 1_000_000, 20)),
  missRate: setting(
    "AGENTGATE_MISS_RATE",
    "10",
    "Keys that nobody has, and agents that do not exist, per second and client address (of IPv6, network); who asks for more of them waits.",
    z.coerce
      .number({ error: "must be a number" })
      .positive("must be more than 0")
      .max(1_000_000, "must be at most 1000000")
      .default(10),
  ),
  missBurst: setting("AGENTGATE_MISS_BURST", "100", "As many at once, for the same.", integer(1, 1_000_000, 100)),
  topup: setting(
    "AGENTGATE_TOPUP",
    "admin",
    "Who may put money into a wallet: open (any key of the organization, at once), admin, or provider (see the next).",
    choice(["open", "admin", "provider"], "admin"),
  ),
  topupCheckoutUrl: setting(
    "AGENTGATE_TOPUP_CHECKOUT_URL",
    "none",
    "With provider: where an organization pays. {org_id} and {amount} are filled in; the provider's backend then credits with the admin key.",
    optionalUrl("http", "https"),
  ),
  selfServiceTiers: setting(
    "AGENTGATE_SELF_SERVICE_TIERS",
    "1",
    "Lets organizations change their own tier, limits and costs.",
    flag(true),
  ),
  allowUnpaid: setting(
    "AGENTGATE_ALLOW_UNPAID",
    "0",
    "Lets priced agents be called without a payer, for free.",
    flag(false),
  ),
  ucpSessionMinutes: setting(
    "AGENTGATE_UCP_SESSION_MINUTES",
    "360",
    "How long a UCP checkout can be completed, at the prices that it was made with.",
    integer(1, 43_200, 360),
  ),
  ucpWaitSeconds: setting(
    "AGENTGATE_UCP_WAIT_SECONDS",
    "25",
    "How long the completion of a UCP checkout waits for its tasks; then its order says what comes of them.",
    integer(1, 600, 25),
  ),
  ucpRetentionDays: setting(
    "AGENTGATE_UCP_RETENTION_DAYS",
    "30",
    "How long UCP orders are kept, with what their agents answered.",
    integer(1, 3_650, 30),
  ),
  ucpNegotiation: setting(
    "AGENTGATE_UCP_NEGOTIATION",
    "lenient",
    "lenient serves UCP platforms that do not say who they are, or whose profile lacks a capability; enforce refuses them.",
    choice(["lenient", "enforce"], "lenient"),
  ),
  ucpSignatures: setting(
    "AGENTGATE_UCP_SIGNATURES",
    "optional",
    "Whether UCP requests have to be signed (RFC 9421): optional verifies the signatures that there are; or required.",
    choice(["optional", "required"], "optional"),
  ),
  approval: setting(
    "AGENTGATE_APPROVAL",
    "off",
    "What of agents waits until the admin approves it: off, new (agents that organizations register) or changes (these, and what organizations change of them); see docs/approval.md.",
    choice(["off", "new", "changes"], "off"),
  ),
  anonymousReviews: setting(
    "AGENTGATE_ANONYMOUS_REVIEWS",
    "0",
    "Lets callers without a key review agents, once per address and agent.",
    flag(false),
  ),
  healthIntervalSeconds: setting(
    "AGENTGATE_HEALTH_INTERVAL_SECONDS",
    "60",
    "How often each agent's health is checked.",
    integer(1, 86_400, 60),
  ),
  logDays: setting(
    "AGENTGATE_LOG_DAYS",
    "30",
    "How long the call log keeps the row of a call. Statements, usage and statistics stay.",
    integer(1, 3_650, 30),
  ),
  webhookRetentionHours: setting(
    "AGENTGATE_WEBHOOK_RETENTION_HOURS",
    "168",
    "How long webhook deliveries are kept to be looked at and sent again; what still waits is kept in any case.",
    integer(1, 87_600, 168),
  ),
  auditDays: setting(
    "AGENTGATE_AUDIT_DAYS",
    "365",
    "How long rows of the audit log are kept, in days; 0 keeps them for ever. The chain goes on from what is forgotten.",
    integer(0, 36_500, 365),
  ),
  drainSeconds: setting(
    "AGENTGATE_DRAIN_SECONDS",
    "30",
    "How long a stopping gateway waits for the calls in flight.",
    integer(0, 600, 30),
  ),
  clockToleranceSeconds: setting(
    "AGENTGATE_CLOCK_TOLERANCE_SECONDS",
    "30",
    "By how much this node's clock may differ from the database's, jump while it runs, or be behind the ledger's last date; beyond it the node is not ready.",
    integer(1, 86_400, 30),
  ),
  ledgerDatesUntil: setting(
    "AGENTGATE_LEDGER_DATES_UNTIL",
    "none",
    "Accepts that the ledger has dates up to then, such as 2036-01-01T00:00:00Z, from a time when a clock was wrong: a node with the right time is ready again.",
    z.iso
      .datetime({ offset: true, error: "must be a time such as 2036-01-01T00:00:00Z" })
      .transform((text) => Date.parse(text))
      .optional(),
  ),
  deployRuntime: setting(
    "AGENTGATE_DEPLOY_RUNTIME",
    "off",
    "What runs agents that are deployed as archives without a `url`: off, process (child processes of this gateway) or docker (containers); see docs/deploy.md.",
    choice(["off", "process", "docker"], "off"),
  ),
  dockerSocket: setting(
    "AGENTGATE_DOCKER_SOCKET",
    "/var/run/docker.sock",
    "Where the container engine of this machine listens, with AGENTGATE_DEPLOY_RUNTIME=docker.",
    z.string().min(1).default("/var/run/docker.sock"),
  ),
  dockerImage: setting(
    "AGENTGATE_DOCKER_IMAGE",
    "node:24-slim",
    "The image that hosted agents' images are made from: with node, npm and a user 1000.",
    z
      .string()
      .regex(/^[a-z0-9][\w./-]*(?::[\w.-]+)?$/, "must be the name of an image, such as node:24-slim")
      .default("node:24-slim"),
  ),
  hostedAgentsMax: setting(
    "AGENTGATE_HOSTED_AGENTS_MAX",
    "64",
    "Agents that this node runs at most; one organization may have a quarter of them.",
    integer(1, 10_000, 64),
  ),
  hostedMemoryBytes: setting(
    "AGENTGATE_HOSTED_MEMORY_BYTES",
    "536870912",
    "Memory of one hosted agent, all its processes together, in bytes; with more it is ended and started again.",
    integer(67_108_864, 1_099_511_627_776, 536_870_912),
  ),
  hostedProcessesMax: setting(
    "AGENTGATE_HOSTED_PROCESSES_MAX",
    "128",
    "Processes and threads of one hosted agent; Node takes about twelve, and two run while one is replaced.",
    integer(32, 32_768, 128),
  ),
  hostedFirstUser: setting(
    "AGENTGATE_HOSTED_FIRST_USER",
    "50000",
    "Where the gateway is root: the first of 1,000 user ids of hosted agents, which nobody else on the machine may have.",
    integer(1_000, 4_000_000_000, 50_000),
  ),
  nodeName: setting(
    "AGENTGATE_NODE_NAME",
    "the machine's name",
    "What this node is called in the lines of its log.",
    z.string().trim().min(1).max(64, "must have at most 64 characters").default(hostname().slice(0, 64)),
  ),
  logLevel: setting(
    "AGENTGATE_LOG_LEVEL",
    "info",
    "debug, info, warn, error or silent; JSON lines on standard error.",
    choice(["debug", "info", "warn", "error", "silent"], "info"),
  ),
  otlpEndpoint: setting(
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "none",
    "Where an OpenTelemetry collector takes OTLP over HTTP, such as http://localhost:4318: spans, metrics and log lines go there. Without one nothing is recorded; see docs/telemetry.md.",
    otlpUrl(),
  ),
  otlpTracesEndpoint: setting(
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "none",
    "Where spans go, as a whole address; by default /v1/traces of the endpoint.",
    otlpUrl(),
  ),
  otlpMetricsEndpoint: setting(
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "none",
    "Where metrics go, as a whole address; by default /v1/metrics of the endpoint.",
    otlpUrl(),
  ),
  otlpLogsEndpoint: setting(
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    "none",
    "Where log lines go, as a whole address; by default /v1/logs of the endpoint.",
    otlpUrl(),
  ),
  otlpHeaders: setting(
    "OTEL_EXPORTER_OTLP_HEADERS",
    "none",
    "Headers for the collector, name=value, separated by commas, percent-encoded; its key, mostly.",
    pairs("headers").refine((headers) => Object.entries(headers).every(isHeader), {
      error: "must list headers as name=value, separated by commas",
    }),
  ),
  otlpProtocol: setting(
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "http/protobuf",
    "http/protobuf or http/json.",
    choice(otlpProtocols, "http/protobuf"),
  ),
  otlpTimeoutMs: setting(
    "OTEL_EXPORTER_OTLP_TIMEOUT",
    "10000",
    "How long one batch may take to be sent, in milliseconds, with all attempts.",
    integer(1, 600_000, 10_000),
  ),
  otelTracesExporter: setting("OTEL_TRACES_EXPORTER", "otlp", "otlp, or none for no spans.", exporter()),
  otelMetricsExporter: setting(
    "OTEL_METRICS_EXPORTER",
    "otlp",
    "otlp, or none where metrics are read at /metrics alone.",
    exporter(),
  ),
  otelLogsExporter: setting("OTEL_LOGS_EXPORTER", "otlp", "otlp, or none for no log lines.", exporter()),
  otelMetricIntervalMs: setting(
    "OTEL_METRIC_EXPORT_INTERVAL",
    "60000",
    "How often metrics are sent, in milliseconds.",
    integer(1_000, 3_600_000, 60_000),
  ),
  otelScheduleDelayMs: setting(
    "OTEL_BSP_SCHEDULE_DELAY",
    "1000",
    "How long spans and log lines wait for company until they are sent, in milliseconds.",
    integer(10, 60_000, 1_000),
  ),
  otelServiceName: setting(
    "OTEL_SERVICE_NAME",
    "agentgate",
    "What this service is called in traces, metrics and logs.",
    z.string().trim().min(1).max(255, "must have at most 255 characters").optional(),
  ),
  otelResourceAttributes: setting(
    "OTEL_RESOURCE_ATTRIBUTES",
    "none",
    "More attributes of this service, name=value, separated by commas, percent-encoded.",
    pairs("attributes"),
  ),
  otelSampler: setting(
    "OTEL_TRACES_SAMPLER",
    "parentbased_always_on",
    "Which traces are recorded: always_on, always_off, traceidratio, or parentbased_ and one of these, which does as the caller did.",
    choice(samplerNames, "parentbased_always_on"),
  ),
  otelSamplerArg: setting(
    "OTEL_TRACES_SAMPLER_ARG",
    "1",
    "With traceidratio: the part of all traces, from 0 to 1.",
    z.coerce
      .number({ error: "must be a number from 0 to 1" })
      .min(0, "must be a number from 0 to 1")
      .max(1, "must be a number from 0 to 1")
      .default(1),
  ),
  otelSemconv: setting(
    "OTEL_SEMCONV_STABILITY_OPT_IN",
    "none",
    "gen_ai_latest_experimental puts the attributes of the GenAI conventions, which are in development, on spans.",
    list(),
  ),
  otelDisabled: setting("OTEL_SDK_DISABLED", "0", "Records and sends nothing, whatever else is set.", flag(false)),
};

export type Config = { [K in keyof typeof settings]: z.output<(typeof settings)[K]["schema"]> };

/** Where a value comes from: a variable, whoever started the gateway (an option), or nobody. */
export type SettingSource = "environment" | "option" | "default";

/** A setting as an operator may see it. */
export interface SettingInForce {
  name: string;
  env: string;
  /** What it is; of a secret whether there is one. */
  value: unknown;
  source: SettingSource;
  default: string;
  help: string;
}

const sources = new WeakMap<object, ReadonlyMap<string, SettingSource>>();

/** Of a variable with such a name nothing is shown but whether it is set. */
const SECRET = /KEY|SECRET|PASSWORD|TOKEN|HEADERS/;
const MASK = "••••••••";

/** Every setting as it is in force; secrets, and passwords within addresses, are masked. */
export const settingsInForce = (config: Config): SettingInForce[] =>
  Object.entries(settings).map(([name, { env, defaultText, help }]) => ({
    name,
    env,
    value: shown(env, config[name as keyof Config]),
    source: sources.get(config)?.get(name) ?? "option",
    default: defaultText,
    help,
  }));

function shown(env: string, value: unknown): unknown {
  if (value === undefined) return null;
  if (SECRET.test(env)) return MASK;
  if (Array.isArray(value)) return value.map((one) => shown(env, one));
  if (typeof value === "string" && URL.canParse(value)) {
    const url = new URL(value);
    if (url.username !== "" || url.password !== "") return value.replace(/\/\/[^/@]*@/, `//${MASK}@`);
  }
  return value;
}

/** A setting that cannot be used, named with its variable. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Reads every setting from the environment; an empty variable counts as unset. Options given by name win.
 * @throws ConfigError naming each variable that is wrong.
 */
export function readConfig(env: Record<string, string | undefined>, given: Partial<Config> = {}): Config {
  const problems: string[] = [];
  const sourceOf = (name: string, variable: string): SettingSource =>
    given[name as keyof Config] !== undefined ? "option" : env[variable] ? "environment" : "default";
  const entries = Object.entries(settings).map(([name, { env: variable, schema }]) => {
    const explicit = given[name as keyof Config];
    if (explicit !== undefined) return [name, explicit];
    const result = schema.safeParse(env[variable] || undefined);
    if (!result.success) problems.push(`${variable} ${result.error.issues[0]?.message ?? "is not valid"}`);
    return [name, result.data];
  });
  const config = Object.fromEntries(entries) as Config;
  sources.set(
    config,
    new Map(Object.entries(settings).map(([name, { env: variable }]) => [name, sourceOf(name, variable)])),
  );
  if (config.topup === "provider" && !config.topupCheckoutUrl) {
    problems.push("AGENTGATE_TOPUP=provider needs AGENTGATE_TOPUP_CHECKOUT_URL");
  }
  if (problems.length) throw new ConfigError(problems.join("\n"));
  config.answerBytesMax = Math.max(config.answerBytesMax, 4 * config.responseBytesMax);
  return config;
}

/** Environment for trying things out on one machine: agents may live here, and wallets fill themselves. */
export const developmentEnvironment: Readonly<Record<string, string>> = {
  AGENTGATE_ALLOW_PRIVATE_NETWORKS: "1",
  AGENTGATE_TOPUP: "open",
};

/** The page of settings as Markdown. */
export function configurationPage(): string {
  const rows = Object.values(settings).map(({ env, defaultText, help }) => `| \`${env}\` | ${defaultText} | ${help} |`);
  return `# Configuration

Every setting is an environment variable. \`agentgate serve --help\` lists the ones that are also options.

| variable | default | meaning |
|---|---|---|
${rows.join("\n")}
`;
}
