/** A promise that need not be waited for for ever. */

/**
 * What `promise` resolves to, or a rejection with `message` when `limitSeconds` have passed on the wall clock or `signal` says to
 * stop. The timer keeps the process alive, so that a promise that nothing will ever settle cannot end it in silence.
 */
export async function withinLimit<T>(
  promise: Promise<T>,
  limitSeconds: number,
  message: string,
  signal?: AbortSignal,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let stop = () => {};
  const given = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(message)), limitSeconds * 1000);
    stop = () => reject(new Error('the run was stopped'));
    signal?.addEventListener('abort', stop);
    if (signal?.aborted) stop();
  });
  try {
    return await Promise.race([promise, given]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}
