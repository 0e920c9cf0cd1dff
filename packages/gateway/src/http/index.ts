export { qualityOf, varyByAccept, varyByCaller } from "./accept.ts";
export { unavailable, unsupportedMediaType } from "./as-problem.ts";
export type { SenderOf } from "./body-intake.ts";
export { CallerShares, type ShareOwner } from "./caller-shares.ts";
export { csvCell, csvLine } from "./csv.ts";
export { serveDocs } from "./docs.ts";
export { prefersHtml } from "./error-page.ts";
export { EventSink, type EventSinkOptions, eventStreamHeaders, formatEvent, openEvents } from "./event-sink.ts";
export { isExact, parseExact, parseSpelled, reserialize } from "./exact-json.ts";
export { Exports } from "./exports.ts";
export { headerKey, idParams, money, numeric, paging, text, uuid, withDefault } from "./fields.ts";
export { onHangUp } from "./hang-up.ts";
export { brokenOff } from "./incoming-body.ts";
export { demandFewElements, isJsonObject, parseJsonBody } from "./json-body.ts";
export { KeepAlives } from "./keep-alives.ts";
export { countedMemberTexts, memberTexts, repeatsName } from "./member-texts.ts";
export { demandPatience, type Misses, noteMiss } from "./misses.ts";
export { afterParameter, linkNext } from "./next-page.ts";
export { openApiDocument } from "./openapi.ts";
export { mayConnect } from "./origin.ts";
export {
  type Access,
  type Action,
  type Authenticate,
  admitCaller,
  bearerKey,
  type Callers,
  type FindSession,
  type Principal,
  type Refusal,
  type ShownSession,
  shownKeyHash,
} from "./principal.ts";
export { invalidApiKey, notAuthenticated, notFound, Problem, type ValidationFinding } from "./problem.ts";
export type { FailedCall, LoggedRequest, RequestLog } from "./request-log.ts";
export { type Faces, type HttpFace, type HttpRoom, type HttpRoomOptions, openHttp } from "./room.ts";
export {
  mountRoute,
  type OperationDoc,
  type Refuse,
  type ResponseDoc,
  type RouteDefinition,
  route,
  type Tag,
} from "./routes.ts";
export { createHttpServer, type HttpOptions, sendProblem } from "./server.ts";
export { Undelivered, type UndeliveredOptions } from "./undelivered.ts";
export { serveUpgrades, type UpgradeContext, type UpgradeRoute } from "./upgrades.ts";
export { validate } from "./validation.ts";
export { whatIsWrong } from "./what-is-wrong.ts";
