import { z } from "zod";
import { parseTarget } from "../../analytics/index.ts";
import { setting } from "../setting.ts";
import { integer, list, optionalUrl } from "../values.ts";

const regionName = () =>
  z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/, "must be the name of a region, such as eu-central-1")
    .optional();
/** What is wrong is not repeated: it may hold a password. */
const sinks = () =>
  list().superRefine((items, context) => {
    for (const item of items) {
      try {
        parseTarget(item);
      } catch (error) {
        context.addIssue({ code: "custom", message: (error as Error).message });
      }
    }
  });

/** How long what happened is kept, and where it goes for good. */
export const keeping = {
  logDays: setting(
    "AGENTGATE_LOG_DAYS",
    "30",
    "How long the call log keeps the row of a call. Statements, usage and statistics stay.",
    integer(1, 3_650, 30),
  ),
  logSinks: setting(
    "AGENTGATE_LOG_SINK",
    "none",
    "Where every row of the call log is written for good: clickhouse://user:password@host:8123/database, parquet:/a/directory or parquet:s3://bucket/prefix, separated by commas; see docs/analytics.md.",
    sinks(),
  ),
  awsAccessKeyId: setting("AWS_ACCESS_KEY_ID", "none", "Key of parquet:s3: targets.", z.string().min(1).optional()),
  awsSecretAccessKey: setting("AWS_SECRET_ACCESS_KEY", "none", "Its secret.", z.string().min(1).optional()),
  awsSessionToken: setting(
    "AWS_SESSION_TOKEN",
    "none",
    "The token of a key that is lent for some time.",
    z.string().min(1).optional(),
  ),
  awsRegion: setting("AWS_REGION", "none", "Region of the bucket.", regionName()),
  awsDefaultRegion: setting(
    "AWS_DEFAULT_REGION",
    "none",
    "The same, where AWS_REGION is not set. Without both it is us-east-1.",
    regionName(),
  ),
  s3Endpoint: setting(
    "AWS_ENDPOINT_URL_S3",
    "none",
    "Object storage that speaks S3's protocol, in place of Amazon's; the bucket is in the path.",
    optionalUrl("http", "https"),
  ),
  awsEndpoint: setting(
    "AWS_ENDPOINT_URL",
    "none",
    "The same, where AWS_ENDPOINT_URL_S3 is not set.",
    optionalUrl("http", "https"),
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
};
