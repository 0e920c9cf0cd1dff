import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import { Loading } from "../ui/loading.tsx";
import { TroubleBox } from "../ui/trouble-box.tsx";
import { goSignIn, type Session, sessionQuery } from "./session.ts";
import { isSignedOut } from "./trouble.ts";

/** What is for whoever is signed in; who is not, or no longer, is sent to sign in. */
export function SignedIn({ children }: { children: (session: Session) => ReactNode }) {
  const session = useQuery(sessionQuery);
  const hasEnded = session.isError && isSignedOut(session.error);
  useEffect(() => {
    if (hasEnded) goSignIn();
  }, [hasEnded]);
  if (session.isPending || hasEnded) return <Loading />;
  if (session.isError) return <TroubleBox error={session.error} onRetry={() => void session.refetch()} />;
  return children(session.data);
}
