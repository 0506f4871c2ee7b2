/** What the parent tells an asker to do. */
export interface Load {
  readonly inFlight: number;
  readonly seconds: number;
}

export interface LoadAnswer {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Us: number;
}

/** More than one round of the fastest arm can make. */
const maxLatencies = 4_000_000;

/** Keeps `inFlight` requests under way for some seconds; each lane asks anew when it has its answer. The first failure ends the run. */
export async function underLoad(ask: () => Promise<void>, load: Load): Promise<LoadAnswer> {
  const latencies = new Float32Array(Math.min(maxLatencies, load.seconds * 200_000));
  let requests = 0;
  const start = performance.now();
  const end = start + load.seconds * 1000;
  const lane = async (): Promise<void> => {
    for (let now = performance.now(); now < end;) {
      await ask();
      const answered = performance.now();
      if (requests < latencies.length) latencies[requests] = answered - now;
      requests++;
      now = answered;
    }
  };
  await Promise.all(Array.from({ length: load.inFlight }, lane));
  const seconds = (performance.now() - start) / 1000;
  const measured = latencies.subarray(0, requests).sort();
  return { requests, seconds, p50Us: (measured[measured.length >> 1] ?? 0) * 1000 };
}
