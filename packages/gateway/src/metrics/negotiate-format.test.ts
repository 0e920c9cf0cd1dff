import { expect, test } from "vitest";
import { negotiateFormat } from "./negotiate-format.ts";

const prometheusServer =
  "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5," +
  "text/plain;version=1.0.0;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

test.each([
  [undefined, "json"],
  ["", "json"],
  ["*/*", "json"],
  ["application/json", "json"],
  ["text/html,application/xhtml+xml,*/*;q=0.8", "json"],
  ["application/json, text/plain;q=0.9, */*;q=0.1", "json"],
  ["text/plain", "prometheus"],
  ["Text/Plain; Version=0.0.4", "prometheus"],
  ["text/plain, application/json", "prometheus"],
  ["text/plain;q=0", "json"],
  ["text/plain;q=nonsense", "prometheus"],
  ["text/plain;q=0.9, application/openmetrics-text;q=0.1", "prometheus"],
  ["application/openmetrics-text", "openmetrics"],
  [prometheusServer, "openmetrics"],
])("Accept %s reads %s", (accept, format) => {
  expect(negotiateFormat(accept)).toBe(format);
});
