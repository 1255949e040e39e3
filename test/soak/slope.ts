/** A value and when it was read, in seconds. */
export type Reading = { readonly at: number; readonly value: number };

export type Trend = {
  readonly mean: number;
  readonly perHour: number /** From the first reading to the last. */;
  readonly rise: number;
};

/** The straight line that fits the readings best (least squares). */
export function trendOf(readings: readonly Reading[]): Trend {
  const count = readings.length;
  const mean = sum(readings.map(({ value }) => value)) / count;
  const meanAt = sum(readings.map(({ at }) => at)) / count;
  const spread = sum(readings.map(({ at }) => (at - meanAt) ** 2));
  if (count < 2 || spread === 0) return { mean, perHour: 0, rise: 0 };
  const perSecond = sum(readings.map(({ at, value }) => (at - meanAt) * (value - mean))) / spread;
  const seconds = (readings.at(-1)?.at ?? 0) - (readings[0]?.at ?? 0);
  return { mean, perHour: perSecond * 3600, rise: perSecond * seconds };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
