import type { CaseContext } from "./case.ts";
import { type ClosedLoopResult, closedLoop } from "./closed-loop.ts";
import { interleave } from "./contenders.ts";
import { objectionsTo } from "./quotable.ts";
import { quantile } from "./statistics.ts";
import type { TaskContender } from "./task-contenders.ts";

const WARM_UP_MS = 1_000;
/** Once, before the first trial: until the compilers have settled. */
const FIRST_WARM_UP_MS = 8_000;

export interface TaskLoad<C extends TaskContender> {
  contenders: readonly C[];
  agentPid: number;
  /** Connections, each kept busy. */
  concurrency: number;
}

/** What came of every trial of every contender. */
export interface TaskTrials {
  /** By the contender's name, in the order of the trials. */
  results: ReadonlyMap<string, readonly ClosedLoopResult[]>;
  of(contender: TaskContender): readonly ClosedLoopResult[];
  median(contender: TaskContender, figure: (result: ClosedLoopResult) => number): number;
  /** Median over the trials of a figure as a share of another contender's in the same trial, in percent. */
  share(contender: TaskContender, of: TaskContender, figure: (result: ClosedLoopResult) => number): number;
  /** All that was answered to these contenders, with what came before and after the measurements. */
  answered(contenders: readonly TaskContender[]): number;
  objections: string[];
}

/** Warms every server up. What it gives measures each contender in turn, trial by trial. */
export async function warmUp<C extends TaskContender>(
  { trials, measuredMs, progress }: CaseContext,
  { contenders, agentPid, concurrency }: TaskLoad<C>,
): Promise<() => Promise<TaskTrials>> {
  const load = ({ port, request, pid }: C, warmUpMs: number, ms: number) =>
    closedLoop({
      port,
      request,
      concurrency,
      warmUpMs,
      measuredMs: ms,
      processes: { agent: agentPid, ...(pid !== undefined && { server: pid }) },
    });
  for (const contender of contenders.filter(({ pid }) => pid !== undefined)) {
    progress(`warming up: ${contender.name}`);
    await load(contender, FIRST_WARM_UP_MS, 100);
  }
  return async () =>
    read(contenders, await interleave({ trials, progress }, contenders, (each) => load(each, WARM_UP_MS, measuredMs)));
}

function read(contenders: readonly TaskContender[], results: Map<string, ClosedLoopResult[]>): TaskTrials {
  const of = ({ name }: TaskContender) => results.get(name)!;
  return {
    results,
    of,
    median: (contender, figure) => quantile(of(contender).map(figure), 0.5),
    share: (contender, other, figure) =>
      quantile(
        of(contender).map((result, trial) => (figure(result) / figure(of(other)[trial]!)) * 100),
        0.5,
      ),
    answered: (these) => these.flatMap(of).reduce((sum, { totalAnswered }) => sum + totalAnswered, 0),
    objections: contenders.flatMap((each) =>
      objectionsTo(
        each.name,
        of(each).map(({ answered, errors }) => ({ offered: answered + errors, answered, errors })),
      ),
    ),
  };
}
