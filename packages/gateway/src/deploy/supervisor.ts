import type { Dialer } from "../outbound/index.ts";
import type { Clock, Log } from "../runtime/index.ts";
import { LIFE_SIGNS, lookAt } from "./life-signs.ts";
import type { LogRing } from "./log-ring.ts";
import { type Instance, type Release, type Runtime, StartFailure } from "./runtime.ts";
import type { State } from "./store.ts";

export interface SupervisorOptions {
  agentId: string;
  runtime: Runtime;
  dialer: Dialer;
  logs: LogRing;
  clock: Clock;
  log: Log;
  /** The agent's secrets, read at each start. */
  secrets(): Promise<Record<string, string>>;
  /** Called whenever something about the agent has changed. */
  report(fate: Fate): void;
  /** A release has taken over: from now on it is the one to run. */
  onTakenOver(release: Release, before: Release | undefined): Promise<void>;
  /** A release is not needed any more: another has taken its place, or it did not come to run. */
  onDone(release: Release): Promise<void>;
  /** How long calls to a release that was replaced may take to end. */
  drainMs: number;
}

/** How a hosted agent fares. */
export interface Fate {
  state: Extract<State, "installing" | "starting" | "running" | "restarting" | "failed">;
  /** Why it does not run, or why a later release does not. */
  detail: string | null;
  /** The release that runs. */
  runningRelease: number | null;
  containerId: string | null;
  restarts: number;
}

const START_MS = 60_000;
const STARTING_LOOK_MS = 100;
const LOOK_EVERY_MS = 10_000;
const LOOKS_MISSED_MAX = 3;
const GRACE_MS = 5_000;
/** Replaced ones whose calls have not ended yet, beside the one that runs and the one that is to. */
const RETIRING_MAX = 1;
const BACKOFF_MS = { first: 500, max: 60_000 };
/** One that has lived for so long starts again as if for the first time. */
const STABLE_MS = 60_000;
interface Live {
  release: Release;
  instance: Instance;
  startedMs: number;
  /** Where it answers. */
  sign: string;
  missed: number;
  cancelLook: () => void;
}

/** Keeps one agent running: starts it, looks whether it answers, starts it again, and replaces it without losing a call. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  #wanted: Release | undefined;
  /** What was wanted before it was told to pause. */
  #paused: Release | undefined;
  /** Its environment is another: it is to be started anew although the release is the same. */
  #isStale = false;
  #live: Live | undefined;
  #failures = 0;
  #restarts = 0;
  #detail: string | null = null;
  #running: Promise<void> | undefined;
  #stopping: AbortController | undefined;
  #wake = () => {};
  readonly #retiring = new Set<Promise<void>>();

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** This release is to run; one that runs already goes on until this one answers. */
  deploy(release: Release): void {
    this.#wanted = release;
    this.#detail = null;
    this.#failures = 0;
    this.#stopping?.abort();
    this.#begin();
  }

  /** The agent's environment has changed: it is replaced by itself. */
  renew(): void {
    if (!this.#wanted) return;
    this.#isStale = true;
    this.#failures = 0;
    this.#stopping?.abort();
    this.#begin();
  }

  /** Ends the agent. Settles when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#wanted = undefined;
    this.#stopping?.abort();
    this.#wake();
    await this.#running;
    const live = this.#live;
    this.#live = undefined;
    if (live) {
      live.cancelLook();
      await this.#options.dialer.unhost(this.#options.agentId).catch(() => {});
      await live.instance.stop(GRACE_MS);
    }
    await Promise.all(this.#retiring);
  }

  /** Starts nothing until it is resumed; what runs, runs on. */
  pause(): void {
    this.#paused ??= this.#wanted;
    this.#wanted = undefined;
    this.#stopping?.abort();
    this.#wake();
  }

  resume(): void {
    this.#wanted ??= this.#paused;
    this.#paused = undefined;
    this.#begin();
  }

  #begin(): void {
    this.#wake();
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#isBehind()) this.#begin();
    });
  }

  /** Whether it runs, or is to run as soon as it can: also as another instance, while the one before it ends. */
  #isNeeded({ number }: Release): boolean {
    const { release: live } = this.#live ?? {};
    return this.#wanted === undefined || number === this.#wanted.number || number === live?.number;
  }

  #isBehind(): boolean {
    return this.#wanted !== undefined && (this.#isStale || this.#live?.release !== this.#wanted);
  }

  /** Until what is wanted runs. */
  async #run(): Promise<void> {
    while (this.#isBehind()) {
      const release = this.#wanted!;
      this.#isStale = false;
      const stopping = new AbortController();
      this.#stopping = stopping;
      try {
        await this.#takeOver(release, await this.#bring(release, stopping.signal));
      } catch (error) {
        if (stopping.signal.aborted) {
          if (!this.#isNeeded(release)) await this.#options.onDone(release);
          continue;
        }
        if (!(error instanceof StartFailure))
          this.#options.log.error({ err: error, agentId: this.#options.agentId }, "a hosted agent was not started");
        const reason = error instanceof StartFailure ? error.message : "the gateway could not start it";
        await this.#onFailure(release, reason);
      }
    }
  }

  /** Starts a release and waits until it answers. @throws StartFailure */
  async #bring(release: Release, signal: AbortSignal): Promise<{ instance: Instance; sign: string }> {
    const { runtime, logs, secrets } = this.#options;
    while (this.#retiring.size >= RETIRING_MAX) await Promise.race(this.#retiring);
    signal.throwIfAborted();
    this.#report("installing");
    await this.#say(`release ${release.number} is made ready`);
    await runtime.prepare(release, logs.writer(), signal);
    signal.throwIfAborted();
    this.#report("starting");
    const environment = { ...release.env, ...(await secrets()), AGENT_ID: release.agentId };
    const instance = await runtime.start(release, environment, logs.writer());
    try {
      return { instance, sign: await this.#untilWell(instance, signal) };
    } catch (error) {
      await instance.stop(0);
      throw error;
    }
  }

  /** Answers where it answers. @throws StartFailure when it ends or takes too long */
  async #untilWell({ port, exited }: Instance, signal: AbortSignal): Promise<string> {
    const { agentId, dialer, clock } = this.#options;
    const candidate = `${agentId}.next`;
    let ended: string | undefined;
    void exited.then((reason) => {
      ended = reason;
    });
    const endsAt = clock.monotonic() + START_MS;
    await dialer.host(candidate, port);
    try {
      for (;;) {
        for (const sign of LIFE_SIGNS) if ((await lookAt(this.#options.dialer, candidate, sign)) === null) return sign;
        signal.throwIfAborted();
        if (ended !== undefined) throw new StartFailure(`${ended} before it answered GET /health`);
        if (clock.monotonic() >= endsAt) {
          throw new StartFailure(
            `it did not answer GET /health with 200 on 127.0.0.1, at the port in PORT, within ${START_MS / 1000} s`,
          );
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
          clock.after(STARTING_LOOK_MS, resolve);
        });
      }
    } finally {
      await dialer.unhost(candidate);
    }
  }

  async #takeOver(release: Release, { instance, sign }: { instance: Instance; sign: string }): Promise<void> {
    const { agentId, dialer, clock, onTakenOver } = this.#options;
    const before = this.#live;
    const live: Live = { release, instance, sign, startedMs: clock.monotonic(), missed: 0, cancelLook: () => {} };
    this.#live = live;
    this.#detail = null;
    const drained = dialer.host(agentId, instance.port);
    void instance.exited.then((reason) => this.#onExit(live, reason));
    this.#scheduleLook(live);
    await this.#say(`release ${release.number} runs`);
    this.#report("running");
    await onTakenOver(release, before?.release);
    if (before) this.#retire(before, drained);
  }

  /** Ends an instance when the calls that it still answers are over, or after a time. */
  #retire({ instance, release, cancelLook }: Live, drained: Promise<void>): void {
    const { clock, drainMs, onDone } = this.#options;
    cancelLook();
    const isOver = new Promise<void>((resolve) => {
      const cancel = clock.after(drainMs, resolve);
      void drained
        .catch(() => {})
        .then(() => {
          cancel();
          resolve();
        });
    });
    const retired = isOver
      .then(() => instance.stop(GRACE_MS))
      .then(() => (this.#isNeeded(release) ? undefined : onDone(release)))
      .catch((error) =>
        this.#options.log.warn({ err: error, agentId: release.agentId }, "a replaced release was not ended"),
      )
      .finally(() => this.#retiring.delete(retired));
    this.#retiring.add(retired);
  }

  #onExit(live: Live, reason: string): void {
    if (this.#live !== live) return;
    const { agentId, dialer, clock } = this.#options;
    this.#live = undefined;
    live.cancelLook();
    void dialer.unhost(agentId).catch(() => {});
    if (this.#wanted === undefined) return;
    if (clock.monotonic() - live.startedMs >= STABLE_MS) this.#failures = 0;
    this.#restarts++;
    const isUnderWay = this.#running !== undefined;
    void this.#onFailure(live.release, reason).then(() => isUnderWay || this.#begin());
  }

  /** Waits before the next attempt, longer each time; or gives up a release that has another one running in its place. */
  async #onFailure(release: Release, reason: string): Promise<void> {
    this.#detail = reason;
    await this.#say(`release ${release.number}: ${reason}`);
    const live = this.#live;
    if (live && this.#wanted === release && live.release !== release) {
      this.#wanted = live.release;
      this.#detail = `release ${release.number} was not taken: ${reason}`;
      this.#report("running");
      await this.#options.onDone(release);
      return;
    }
    if (live) {
      this.#report("running");
      return;
    }
    const delayMs = Math.min(BACKOFF_MS.first * 2 ** this.#failures++, BACKOFF_MS.max);
    this.#report(this.#restarts > 0 ? "restarting" : "failed");
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#options.clock.after(delayMs, resolve);
    });
  }

  #scheduleLook(live: Live): void {
    live.cancelLook = this.#options.clock.after(LOOK_EVERY_MS, async () => {
      const problem = await lookAt(this.#options.dialer, this.#options.agentId, live.sign);
      if (this.#live !== live) return;
      live.missed = typeof problem === "string" ? live.missed + 1 : 0;
      if (live.missed > 0) await this.#say(`GET ${live.sign}: ${problem}`);
      if (live.missed >= LOOKS_MISSED_MAX) await live.instance.stop(0);
      else {
        this.#report("running");
        this.#scheduleLook(live);
      }
    });
  }

  #report(state: Fate["state"]): void {
    const live = this.#live;
    const containerId = live?.instance.containerId ?? null;
    // While one runs, that another is made ready is no change of its state.
    this.#options.report({
      state: live ? "running" : state,
      detail: this.#detail,
      runningRelease: live?.release.number ?? null,
      containerId,
      restarts: this.#restarts,
    });
  }

  #say(text: string): Promise<void> {
    return this.#options.logs.write([`gateway: ${text}`]);
  }
}
