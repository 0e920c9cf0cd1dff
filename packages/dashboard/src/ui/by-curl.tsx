import { en } from "../messages/en.ts";
import { Command } from "./command.tsx";

/** What a page shows, as a command shows it. */
export const ByCurl = ({ path }: { path: string }) => (
  <details className="mt-4">
    <summary className="text-ink-2">{en.byCurl}</summary>
    <div className="mt-2">
      <Command>{`curl -s '${location.origin}${path}' \\\n  -H "authorization: Bearer $AGENTGATE_API_KEY"`}</Command>
    </div>
  </details>
);
