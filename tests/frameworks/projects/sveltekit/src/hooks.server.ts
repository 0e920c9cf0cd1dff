import { toSvelteKitHandle } from "@agentgate/site/sveltekit";
import type { Handle } from "@sveltejs/kit/hooks";
import { type FaceSiteName, faceSites } from "../sites/face-sites.ts";

const agent = faceSites[(process.env.SITE ?? "echo") as FaceSiteName]();
export const handle: Handle = toSvelteKitHandle(agent);
