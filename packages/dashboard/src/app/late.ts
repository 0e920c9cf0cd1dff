import { lazyRouteComponent } from "@tanstack/react-router";
import { en } from "../messages/en.ts";
import { notifyUntil } from "./notice.tsx";
import { isReached, untilReached } from "./reached.ts";

/** A part of the pages whose script comes when it is wanted. While no gateway answers, that is said and waited for. */
export const late: typeof lazyRouteComponent = (load, name) => lazyRouteComponent(() => onceReached(load), name);

async function onceReached<T>(load: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await load();
    } catch (error) {
      // A gateway that answers has pages of another version: the router loads the page anew.
      if (await isReached()) throw error;
      await notifyUntil(en.away, untilReached());
    }
  }
}
