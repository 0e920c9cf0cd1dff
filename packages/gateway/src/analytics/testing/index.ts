export { fillLog, idOf } from "./fill-log.ts";
export {
  type Behaviour,
  type Execute,
  type ScriptedClickHouse,
  startScriptedClickHouse,
} from "./scripted-clickhouse.ts";
export { clickHouseAt, FastClock, type SinkNode, startSinkNode } from "./sink-node.ts";
