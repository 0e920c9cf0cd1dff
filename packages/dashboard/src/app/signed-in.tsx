import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import { Loaded } from "../ui/loaded.tsx";
import { Loading } from "../ui/loading.tsx";
import { goSignIn, type Session, sessionQuery } from "./session.ts";
import { isSignedOut } from "./trouble.ts";

/** What is for whoever is signed in; who is not, or no longer, is sent to sign in. */
export function SignedIn({ children }: { children: (session: Session) => ReactNode }) {
  const session = useQuery(sessionQuery);
  const hasEnded = session.isError && isSignedOut(session.error);
  useEffect(() => {
    if (hasEnded) goSignIn();
  }, [hasEnded]);
  if (hasEnded) return <Loading />;
  // Who was signed in keeps what he looks at, and writes, while the gateway does not answer.
  return <Loaded query={session}>{children}</Loaded>;
}
