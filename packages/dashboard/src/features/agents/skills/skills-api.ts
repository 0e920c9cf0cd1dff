import type { Agent, OfferedSkillPage } from "@agentgate/client";
import { queryOptions } from "@tanstack/react-query";
import { read } from "../../../app/read.ts";

export type { OfferedSkill as KnownSkill, OfferedSkillWords as SkillWords } from "@agentgate/client";

/** As many as an agent may have. */
const SKILLS_MAX = 512;

export const skillsQuery = (agentId: string) =>
  queryOptions({
    queryKey: ["agents", "one", agentId, "skills"],
    queryFn: async ({ signal }) => {
      const query = { limit: SKILLS_MAX };
      const page = await read<OfferedSkillPage>(`/agents/${encodeURIComponent(agentId)}/skills`, query, signal);
      return page.skills;
    },
  });

/** Whether its skills are tools, each called with arguments of its own. */
export const isTooled = ({ protocol }: Pick<Agent, "protocol">): boolean => protocol === "mcp" || protocol === "site";
