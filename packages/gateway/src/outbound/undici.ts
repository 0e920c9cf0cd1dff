// What is used of undici, one module each. Its index loads fetch, WebSocket, caches and mocks besides: 80 ms and 11 MiB at every start.
// Such paths are no promise of undici's, so its version is pinned to the patch releases of one minor.
import { createRequire } from "node:module";
import type {
  buildConnector as BuildConnector,
  Client as ClientClass,
  errors as Errors,
  Pool as PoolClass,
} from "undici";

const require = createRequire(import.meta.url);

export type Pool = PoolClass;
export const Pool: typeof PoolClass = require("undici/lib/dispatcher/pool.js");

export type ClientOptions = ClientClass.Options;
export const Client: typeof ClientClass = require("undici/lib/dispatcher/client.js");

export type Connector = BuildConnector.connector;
export const buildConnector: typeof BuildConnector = require("undici/lib/core/connect.js");

export const errors: typeof Errors = require("undici/lib/core/errors.js");
