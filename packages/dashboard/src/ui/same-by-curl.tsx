import { en } from "../messages/en.ts";
import { Command } from "./command.tsx";

/** What this page shows, for a terminal: the very requests that it is made of. */
export const SameByCurl = ({ paths, cli = [] }: { paths: readonly string[]; cli?: readonly string[] }) => (
  <details className="mt-12 border-line border-t pt-3">
    <summary className="text-ink-2">{en.sameByCurl}</summary>
    <div className="pt-3">
      <Command>
        {[
          ...cli,
          ...paths.map((path) => `curl -s "${location.origin}${path}" -H "authorization: Bearer $AGENTGATE_API_KEY"`),
        ].join("\n")}
      </Command>
    </div>
  </details>
);
