import type { FastifyInstance } from "fastify";
import type { AddGauge, Clock, Log, NetworkOf, Random } from "../runtime/index.ts";
import type { Unavailability } from "./as-problem.ts";
import { trustIn } from "./client-address.ts";
import { connectionBounds } from "./connection-bounds.ts";
import { ConnectionLimits } from "./connection-limits.ts";
import { Connections } from "./connections.ts";
import { serveDocs } from "./docs.ts";
import { KeepAlives } from "./keep-alives.ts";
import { LargePages } from "./large-pages.ts";
import { openApiDocument } from "./openapi.ts";
import { ownAddress } from "./own-address.ts";
import type { Callers } from "./principal.ts";
import { RequestLog } from "./request-log.ts";
import { mountRoute, type OperationDoc, type RouteDefinition } from "./routes.ts";
import { createHttpServer, type HttpOptions } from "./server.ts";
import { Undelivered } from "./undelivered.ts";
import { serveUpgrades, type UpgradeRoute } from "./upgrades.ts";

/** What the room reads of the gateway's settings. */
export interface HttpSettings {
  host: string;
  port: number;
  publicUrl: string | undefined;
  corsOrigins: readonly string[];
  trustedProxies: readonly string[];
  requestBytesMax: number;
  anonymousRequestBytesMax: number;
  requestBytesInFlight: number;
  answerBytesMax: number;
  connectionsMax: number | undefined;
  connectionsPerAddress: number | undefined;
}

export interface HttpRoomOptions {
  settings: HttpSettings;
  version: string;
  networkOf: NetworkOf;
  /** What to tell callers when an error says that what a request needs is away for now. */
  unavailability(error: unknown): Unavailability | undefined;
  clock: Clock;
  random: Random;
  log: Log;
  gauge: AddGauge;
}

/** What callers find behind the server, from whatever room. */
export interface Faces extends Callers, Required<Pick<HttpOptions, "refuse" | "senderOf" | "misses" | "isRemembered">> {
  routes: readonly RouteDefinition[];
  /** Operations that are mounted by other means. */
  docs: readonly OperationDoc[];
  mounts: readonly ((app: FastifyInstance) => void)[];
  sockets: readonly UpgradeRoute[];
}

/** The server. It is closed before all that answers behind it. */
export interface HttpFace {
  app: FastifyInstance;
  /** How many requests came since the node was told to stop, health checks apart. */
  lateArrivals(): number;
  /** From now on every answer asks its caller to reconnect elsewhere. */
  beginStop(): void;
  /** Waits for the answers under way, at most `drainMs`, then hangs up. */
  close(drainMs: number): Promise<void>;
}

/** What rooms need of the server before there is one. */
export interface HttpRoom {
  keepAlives: KeepAlives;
  undelivered: Undelivered;
  requestLog: RequestLog;
  /** Where callers reach the gateway. */
  publicUrl(): string;
  /** Whether the node was told to stop. */
  isStopping(): boolean;
  /** Puts the server together, once; it does not listen yet. */
  serve(faces: Faces): HttpFace;
  /** Says what the log of requests has left out. */
  close(): void;
}

export function openHttp(options: HttpRoomOptions): HttpRoom {
  const { settings, networkOf, clock } = options;
  const undelivered = new Undelivered({ bytesMax: settings.answerBytesMax, networkOf, clock });
  const requestLog = new RequestLog(options.log, clock);
  let app: FastifyInstance | undefined;
  let stopping = false;
  const room: HttpRoom = {
    keepAlives: new KeepAlives(clock),
    undelivered,
    requestLog,
    publicUrl: () => settings.publicUrl ?? ownAddress(app?.server.address(), settings),
    isStopping: () => stopping,
    serve(faces) {
      const served = createApp(options, faces, room);
      const connections = watchConnections(served, options);
      app = served;
      let late = 0;
      served.addHook("onRequest", (request, reply, done) => {
        if (stopping) {
          reply.header("connection", "close");
          if (!request.url.startsWith("/health")) late++;
        }
        done();
      });
      mountFaces(served, options, faces, room);
      return {
        app: served,
        lateArrivals: () => late,
        beginStop: () => {
          stopping = true;
        },
        async close(drainMs) {
          const cancelCut = clock.after(drainMs, () => {
            for (const { terminate } of faces.sockets) terminate();
            served.server.closeAllConnections();
            served.stagedClose.cut();
          });
          const closed = served.close();
          connections.drain();
          await closed.finally(cancelCut);
        },
      };
    },
    close: () => requestLog.close(),
  };
  return room;
}

function createApp(options: HttpRoomOptions, faces: Faces, { undelivered, requestLog }: HttpRoom): FastifyInstance {
  const { settings, networkOf, gauge } = options;
  const { refuse, senderOf, misses, isRemembered } = faces;
  const app = createHttpServer({
    ...frameOf(options),
    refuse,
    senderOf,
    misses,
    isRemembered,
    bodyBytesMax: settings.requestBytesMax,
    anonymousBodyBytesMax: settings.anonymousRequestBytesMax,
    bodyBytesInFlight: settings.requestBytesInFlight,
    networkOf,
    undelivered,
    requestLog,
    socketPaths: faces.sockets.map(({ pattern }) => pattern),
  });
  gauge(
    "agentgate_refusals_total",
    "Requests that were refused or failed, by status and code.",
    () => requestLog.refusals(),
    ["status", "code"],
  );
  gauge("agentgate_request_bodies_held_bytes", "Bytes of large request bodies under way", () => app.bodies.used);
  return app;
}

function watchConnections({ server }: FastifyInstance, options: HttpRoomOptions): Connections {
  const { settings, networkOf, clock, gauge } = options;
  const connections = new Connections(server, clock);
  const trusts = trustIn(settings.trustedProxies);
  const limits = new ConnectionLimits(server, { ...connectionBounds(settings), networkOf, trusts, clock });
  gauge("agentgate_connections", "Connections of clients", () => limits.count);
  return connections;
}

function mountFaces(app: FastifyInstance, options: HttpRoomOptions, faces: Faces, { requestLog }: HttpRoom): void {
  const largePages = new LargePages(options.networkOf);
  for (const definition of faces.routes) mountRoute(app, definition, faces, largePages);
  for (const mount of faces.mounts) mount(app);
  const { publicUrl } = options.settings;
  const documented = [...faces.routes, ...faces.docs];
  serveDocs(app, () => JSON.stringify(openApiDocument(documented, { version: options.version, publicUrl })));
  serveUpgrades(app, { ...frameOf(options), requestLog }, faces.sockets);
}

const frameOf = ({ settings, unavailability, clock, random, log }: HttpRoomOptions) => ({
  unavailability,
  clock,
  random,
  log,
  publicUrl: settings.publicUrl ?? "",
  corsOrigins: settings.corsOrigins,
  trustedProxies: settings.trustedProxies,
});
