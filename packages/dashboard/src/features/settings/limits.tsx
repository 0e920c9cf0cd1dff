import type { OrgLimit } from "@agentgate/protocol";
import { formatCount } from "@agentgate/protocol/format";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { gateway } from "../../app/api.ts";
import { en } from "../../messages/en.ts";
import { ByCurl } from "../../ui/by-curl.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Section } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";

const said = en.settings;
/** Buckets fill while one looks. */
const EVERY_MS = 2_000;

/** What is left of the rate limits, as it moves. */
export function Limits({ orgId }: { orgId: string }) {
  const limits = useQuery({
    queryKey: ["limits", orgId],
    queryFn: ({ signal }) => gateway.listOrgLimits(orgId, { signal }),
    refetchInterval: EVERY_MS,
  });
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-8">
      <p className="max-w-xl text-ink-2">{said.limitsWhy}</p>
      <Loaded query={limits}>
        {(entries) => (
          <div className="grid grid-cols-[minmax(0,1fr)] gap-8 broad:grid-cols-2">
            {entries.map((limit) => (
              <Section key={limit.scope} title={said.scopes[limit.scope]}>
                <Gauge limit={limit} />
              </Section>
            ))}
          </div>
        )}
      </Loaded>
      <p className="text-ink-2">
        {said.limitsChange}{" "}
        <Link to="." search={({ tab: _tab, ...rest }) => rest}>
          {said.toTier}
        </Link>
      </p>
      <ByCurl path={`/orgs/${orgId}/limits`} />
    </div>
  );
}

function Gauge({ limit: { scope, rate, burst, tokens, rejected_1h } }: { limit: OrgLimit }) {
  const left = tokens === null ? undefined : Math.min(burst, tokens);
  const told = said.tokens(formatCount(Math.floor(left ?? 0)), formatCount(burst));
  return (
    <div className="flex flex-col gap-2">
      {left !== undefined && (
        <>
          <span className="font-strong text-section">{told}</span>
          <meter
            className="gauge"
            min={0}
            max={burst}
            low={burst / 10}
            value={left}
            aria-label={said.scopes[scope]}
            aria-valuetext={told}
          />
        </>
      )}
      <span>
        {said.perSecond(formatCount(rate))}, {said.burst.toLowerCase()} {formatCount(burst)}.{" "}
        {left === undefined && said.ofOwner}
      </span>
      {rejected_1h > 0 ? (
        <State is="slow" word={said.refused(formatCount(rejected_1h))} />
      ) : (
        <span className="text-ink-2">{said.noneRefused}</span>
      )}
    </div>
  );
}
