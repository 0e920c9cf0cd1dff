import { Link } from "@tanstack/react-router";
import { en } from "../messages/en.ts";
import { adminPlaces } from "./admin-places.ts";
import { goSignIn, type Session } from "./session.ts";
import { ShellFrame } from "./shell-frame.tsx";
import { SignedIn } from "./signed-in.tsx";

const said = en.adminPages;

/** What stands around the admin's pages: a rail that is dark in both themes, so that nobody takes the one place for the other. */
export function AdminShell() {
  return (
    <SignedIn>
      {(session) =>
        session.kind === "admin" ? (
          <ShellFrame places={adminPlaces} whose={said.admin} isDark />
        ) : (
          <NotAdmin session={session} />
        )
      }
    </SignedIn>
  );
}

/** Who may, for whoever may not. */
function NotAdmin({ session }: { session: Session }) {
  return (
    <main className="mx-auto grid max-w-md gap-4 px-4 pt-[14vh] pb-16">
      <title>{`${said.admin} · AgentGate`}</title>
      <h1 className="text-title">{said.notAdmin}</h1>
      <p>{said.whoMay(session.org_name ?? "")}</p>
      <p className="flex flex-wrap items-center gap-4">
        <Link to="/dashboard" className="button button-primary">
          {said.back}
        </Link>
        <button type="button" className="text-ink-2 underline underline-offset-2" onClick={goSignIn}>
          {said.otherKey}
        </button>
      </p>
    </main>
  );
}
