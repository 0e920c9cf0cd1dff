import type { RouteDefinition } from "../http/index.ts";
import type { Storage } from "../storage/index.ts";
import { ListedSites } from "./listed-sites.ts";
import { directoryRoutes } from "./routes.ts";

export interface DirectoryRoomOptions {
  storage: Storage;
  /** Where callers reach the gateway. */
  publicUrl(): string;
}

export interface DirectoryRoom {
  routes: RouteDefinition[];
}

/** The sites that are registered here and that everybody may know of, as one document that agents search. */
export function openDirectory({ storage, publicUrl }: DirectoryRoomOptions): DirectoryRoom {
  return { routes: directoryRoutes(new ListedSites(storage, publicUrl)) };
}
