/**
 * Waits for work, but no longer than given. Late work goes on, so that it can still record what it did.
 * @param onTimeout called when the time is up; what it returns is thrown
 */
export function withDeadline<T>(work: PromiseLike<T>, timeoutMs: number, onTimeout: () => Error): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(onTimeout()), timeoutMs);
    const settle =
      <V>(report: (value: V) => void) =>
      (value: V) => {
        clearTimeout(timer);
        report(value);
      };
    work.then(settle(resolve), settle(reject));
  });
}
