/** A value, or a promise of it: what need not wait does not, which spares the hot path its turns of the microtask queue. */
export type MaybePromise<T> = T | PromiseLike<T>;

/** Goes on with a value, at once when it is there already. Any thenable counts as a promise. */
export function after<T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return isThenable(value) ? Promise.resolve(value).then(next) : next(value);
}

export const isThenable = <T>(value: MaybePromise<T>): value is PromiseLike<T> =>
  typeof value === "object" && value !== null && typeof (value as Partial<PromiseLike<T>>).then === "function";
