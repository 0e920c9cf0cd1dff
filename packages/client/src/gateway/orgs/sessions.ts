import type * as wire from "@agentgate/protocol";
import { asked, at, type BeforeOptions, type CallOptions, GatewayRoom, type Page } from "../http/index.ts";

/** Browsers that are signed in. */
export abstract class SessionCalls extends GatewayRoom {
  /** A link that signs a browser in with this client's key, once, within `expires_in` seconds. */
  createSignInLink(call?: CallOptions): Promise<wire.SignInLink> {
    return this.http.json({ method: "POST", path: "/session/codes", ...call });
  }

  /** The browsers that are signed in, newest first: of an organization or the admin, or with a key that was made for something, of this key. */
  listSessions(options?: BeforeOptions): Promise<Page<wire.ListedSession>> {
    return this.http.json({ path: "/sessions", ...asked(options) });
  }

  /** All of them, each as it is taken. */
  sessions(call?: CallOptions): AsyncGenerator<wire.ListedSession, void> {
    return this.http.each({ path: "/sessions", ...call });
  }

  /** Signs out one of them. */
  endSession(id: string, call?: CallOptions): Promise<void> {
    return this.http.none({ method: "DELETE", path: at`/sessions/${id}`, ...call });
  }

  /** Signs out every browser: of an organization or the admin, or, with a key that was made for something, of this key. */
  endSessions(call?: CallOptions): Promise<void> {
    return this.http.none({ method: "DELETE", path: "/sessions", ...call });
  }
}
