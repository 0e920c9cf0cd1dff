export { reserialize } from "./exact-json.ts";
export { idParams, money, numeric, paging, text, uuid, withDefault } from "./fields.ts";
export { isJsonObject, parseJsonBody } from "./json-body.ts";
export { openApiDocument } from "./openapi.ts";
export { type Access, type Authenticate, admitCaller, bearerKey, type Principal } from "./principal.ts";
export { invalidApiKey, notAuthenticated, notFound, Problem, type ValidationFinding } from "./problem.ts";
export { mountRoute, type RouteDefinition, route } from "./routes.ts";
export { createHttpServer, type HttpOptions, sendProblem } from "./server.ts";
export { validate } from "./validation.ts";
