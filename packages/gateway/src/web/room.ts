import type { FastifyInstance } from "fastify";
import type { A2ARoom } from "../a2a/index.ts";
import { AGENTS_TOPIC } from "../agents/index.ts";
import type { CallLogRoom } from "../call-log/index.ts";
import type { HealthRoom } from "../health/index.ts";
import type { FindSession, RouteDefinition } from "../http/index.ts";
import type { Limits } from "../limits/index.ts";
import type { OrgsRoom } from "../orgs/index.ts";
import type { AddGauge, Clock, Log, NetworkOf, Random } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { Assets } from "./pages/assets.ts";
import { mountDashboard } from "./pages/dashboard-page.ts";
import { mountDocs } from "./pages/docs-page.ts";
import { mountGuide } from "./pages/guide.ts";
import { PagePace } from "./pages/page-pace.ts";
import { PublicDirectory, type PublicDirectoryOptions } from "./pages/public-directory.ts";
import { mountPublicPages } from "./pages/public-pages.ts";
import { mountSitemap } from "./pages/sitemap.ts";
import { SessionFinder } from "./session-finder.ts";
import { sessionRoutes } from "./session-routes.ts";
import { Sessions } from "./sessions.ts";
import { SignIn } from "./sign-in.ts";
import { SignInCodes } from "./sign-in-codes.ts";
import { mountSignIn } from "./sign-in-mount.ts";

export interface WebRoomOptions {
  /** What the room reads of the gateway's settings. */
  settings: { publicUrl: string | undefined; healthIntervalSeconds: number };
  storage: Storage;
  clock: Clock;
  random: Random;
  log: Log;
  gauge: AddGauge;
  networkOf: NetworkOf;
  /** Where callers reach the gateway. */
  publicUrl(): string;
  limits: Pick<Limits, "limiter">;
  orgs: Pick<OrgsRoom, "principals" | "orgs" | "authenticate">;
  registry: PublicDirectoryOptions["registry"];
  calls: Pick<CallLogRoom, "callStats" | "publicStats" | "publicDays">;
  health: Pick<HealthRoom, "checkDays">;
  a2a: Pick<A2ARoom, "cardOf">;
  version: string;
}

export interface WebRoom {
  routes: RouteDefinition[];
  mount(app: FastifyInstance): void;
  /** How callers are known: by a key, or by the session of a browser. */
  callers: { authenticate: OrgsRoom["authenticate"]; sessionOf: FindSession };
  /** A link that signs the admin in, once, within ten minutes: for whoever started the gateway. */
  adminLink(): Promise<string>;
}

const ADMIN_LINK_SECONDS = 600;

/** What browsers are given. */
export function openWeb(options: WebRoomOptions): WebRoom {
  const { settings, orgs, limits, gauge } = options;
  const { principals } = orgs;
  const codes = new SignInCodes(options);
  const sessions = new Sessions({ ...options, principals });
  gauge("agentgate_watched_sessions", "Sessions of browsers that have something open", () => sessions.watched);
  const signIn = new SignIn({ ...options, sessions, codes, principals, orgs: orgs.orgs, limiter: limits.limiter });
  const { publicUrl } = settings;
  const finder = new SessionFinder({ sessions, principals, publicUrl });
  const assets = new Assets();
  const pace = new PagePace({ ...options, limiter: limits.limiter });
  const directory = new PublicDirectory({ ...options, checkDays: options.health.checkDays });
  const linkFor = async (keyHash: string, seconds: number) =>
    `${options.publicUrl()}/sign-in?code=${await codes.mint(keyHash, seconds)}`;
  return {
    routes: sessionRoutes({ sessions, finder, signIn, principals, publicUrl, linkFor }),
    mount(app) {
      assets.mount(app);
      mountSignIn(app, { sessions, finder, signIn, publicUrl, assets });
      mountDashboard(app, assets, finder);
      const cardOf = options.a2a.cardOf;
      const pingSeconds = settings.healthIntervalSeconds;
      const onAgentsChanged = (listener: () => void) => void options.storage.changes.subscribe(AGENTS_TOPIC, listener);
      mountPublicPages(app, {
        ...options,
        ...options.calls,
        assets,
        directory,
        pace,
        cardOf,
        pingSeconds,
        onAgentsChanged,
      });
      mountGuide(app, { ...options, assets, pace });
      mountDocs(app, assets);
      mountSitemap(app, { ...options, ...options.calls, search: options.registry.search, assets, pace });
    },
    callers: { authenticate: orgs.authenticate, sessionOf: finder.forAction },
    adminLink: () => linkFor(principals.adminKeyHash, ADMIN_LINK_SECONDS),
  };
}
