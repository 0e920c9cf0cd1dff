import { Problem } from "../../http/index.ts";
import { OutboundError } from "../../outbound/index.ts";
import { type CheckUrl, demandSafeUrls } from "../check-urls.ts";
import { baseOf, type FoundManifest, ManifestError } from "./found-manifest.ts";
import { CredentialsDemanded, type FetchManifest, type ManifestFinder } from "./manifest-finder.ts";

/** Takes in manifests: of sites that are registered as such, of addresses where one may live, and of sites that are looked at again. */
export class SiteIntake {
  readonly #finder: ManifestFinder;
  readonly #checkUrl: CheckUrl;

  constructor(finder: ManifestFinder, checkUrl: CheckUrl) {
    this.#finder = finder;
    this.#checkUrl = checkUrl;
  }

  /** The manifest of a site that is to be registered. @throws Problem 400 for an address that is no site's, 422 for one that hides it, 424 */
  async demanded(url: string): Promise<FoundManifest> {
    try {
      const found = (await this.#finder.fetch(url))!;
      await this.#judge(found);
      return found;
    } catch (error) {
      throw refusal(url, error);
    }
  }

  /** The manifest that lives at an address, if one does. Never throws for one that cannot be had. */
  async find(url: string, timeoutMs: number): Promise<FoundManifest | undefined> {
    try {
      const found = await this.#finder.fetch(url, { timeoutMs });
      if (found) await this.#judge(found);
      return found;
    } catch (error) {
      if (error instanceof ManifestError || OutboundError.isInstance(error) || error instanceof Problem)
        return undefined;
      throw error;
    }
  }

  /** As it is now; undefined where it is still the one with that etag. @throws ManifestError, OutboundError */
  again(url: string, options: FetchManifest): Promise<FoundManifest | undefined> {
    return this.#finder.fetch(url, options);
  }

  /** Its paths begin where it says, which is on the site that was asked, and was judged to be safe when it was. */
  async #judge({ url }: FoundManifest): Promise<void> {
    await demandSafeUrls(this.#checkUrl, [url]);
  }
}

/** In words for whoever waits for the manifest. */
export function refusal(url: string, error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof CredentialsDemanded)
    return new Problem(422, `${error.message}. Register it by a manifest that anybody may read`, {
      code: "credentials_required",
    });
  if (error instanceof ManifestError)
    return new Problem(400, `Cannot use ${originOf(url)} as a site: ${error.message}`, { code: "manifest_unusable" });
  if (!OutboundError.isInstance(error)) throw error;
  if (error.kind === "refused_address" || error.kind === "invalid_request")
    return new Problem(400, `Invalid URL: ${error.message}`, { code: "invalid_url" });
  return new Problem(424, `The site at ${originOf(url)} cannot be asked for its manifest: ${error.message}`, {
    code: "site_unreachable",
  });
}

const originOf = (url: string): string => {
  try {
    return baseOf(url).href.replace(/\/$/, "");
  } catch {
    return "this address";
  }
};
