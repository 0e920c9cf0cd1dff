import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { untilReached } from "./app/reached.ts";
import { router } from "./app/router.tsx";
import { isSignedOut, isUnreachable } from "./app/trouble.ts";

const RETRIES = 2;
const queries: QueryClient = new QueryClient({
  // What nobody answered is asked again as soon as somebody does, without being told to.
  queryCache: new QueryCache({
    onError: (error) => {
      if (isUnreachable(error)) void untilReached().then(askAgain);
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) => failures < RETRIES && !isSignedOut(error),
      refetchOnWindowFocus: true,
    },
  },
});

const askAgain = () =>
  queries.refetchQueries(
    { type: "active", predicate: ({ state }) => isUnreachable(state.error) },
    { cancelRefetch: false },
  );

createRoot(document.getElementById("app")!).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
);
