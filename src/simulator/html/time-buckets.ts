/**
 * Counts over time in a fixed number of buckets, without knowing how long a run will be: when time outgrows the buckets, two
 * of them become one and each is twice as wide from then on.
 */

/** Buckets that a run's time is divided into. */
export const BUCKETS = 64;

/** Width of the buckets, shared by all series of a run. */
export class TimeScale {
  /** Seconds in a bucket; a power of two times the first width, so that all series fold alike. */
  widthSeconds = 1 / 64;
  /** How often the width was doubled. */
  foldings = 0;

  /** The bucket of a moment; widens the buckets until it has one. */
  bucketOf(atSeconds: number): number {
    while (atSeconds >= this.widthSeconds * BUCKETS) {
      this.widthSeconds *= 2;
      this.foldings++;
    }
    return Math.max(0, Math.floor(atSeconds / this.widthSeconds));
  }
}

/** One series of counts on a shared scale. */
export class TimeSeries {
  readonly #counts = new Float64Array(BUCKETS);
  #foldings: number;

  constructor(readonly scale: TimeScale) {
    this.#foldings = scale.foldings;
  }

  /** Adds to the bucket of a moment. */
  add(atSeconds: number, amount = 1): void {
    const bucket = this.scale.bucketOf(atSeconds);
    this.#fold();
    this.#counts[bucket] = (this.#counts[bucket] as number) + amount;
  }

  /** Adds to every bucket that a span of time touches. */
  addSpan(startSeconds: number, endSeconds: number): void {
    const last = this.scale.bucketOf(endSeconds);
    const first = Math.min(last, this.scale.bucketOf(startSeconds));
    this.#fold();
    for (let bucket = first; bucket <= last; bucket++) this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
  }

  /** The counts, each with its bucket, empty buckets left out. */
  filled(): [bucket: number, count: number][] {
    this.#fold();
    const result: [number, number][] = [];
    this.#counts.forEach((count, bucket) => {
      if (count > 0) result.push([bucket, count]);
    });
    return result;
  }

  #fold(): void {
    for (; this.#foldings < this.scale.foldings; this.#foldings++) {
      const half = BUCKETS / 2;
      for (let i = 0; i < half; i++) {
        this.#counts[i] = (this.#counts[2 * i] as number) + (this.#counts[2 * i + 1] as number);
      }
      this.#counts.fill(0, half);
    }
  }
}
