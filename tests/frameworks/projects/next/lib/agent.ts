import { type FaceSiteName, faceSites } from "../sites/face-sites.ts";

export const agent = faceSites[(process.env.SITE ?? "echo") as FaceSiteName]();
