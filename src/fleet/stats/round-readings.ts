import type { Uuid } from '../../model/brands.ts';
import type { DomainStatsSample } from '../../model/stats.ts';
import type { Readings } from '../fleet-metrics.ts';
import type { DomainRecord } from '../objects.ts';
import { type PackedSamples, packSamples } from './packed-samples.ts';
import type { StatsRates, StatsReading } from './reading.ts';
import { addRates, type RatedSample, Rates } from './stats-rates.ts';

export type RoundParts = {
  readonly hostName: string;
  readonly samples: readonly DomainStatsSample[];
  /** What is known of a domain when it was read. */
  readonly domain: (uuid: Uuid) => Pick<DomainRecord, 'uuid' | 'libvirtId'> | null;
  /** Before the host was asked, in milliseconds since 1970. */
  readonly sampledAt: number;
  /** The same moment of the monotonic clock. */
  readonly readAtMs: number;
  /** The round before, for rates; `null`: there was none. */
  readonly before: RoundReadings | null;
};

const noId = -1;

/**
 * All readings of one round with their rates, in columns: a host's last round is kept for as long as somebody watches, and
 * an object for each of its domains would cost more than what was read.
 */
export class RoundReadings implements Readings<StatsReading> {
  readonly hostName: string;
  readonly sampledAt: number;
  readonly #readAtMs: number;
  readonly #samples: PackedSamples;
  readonly #libvirtIds: Int32Array;
  readonly #rates: Float64Array;
  /** Where the rates of each begin, and where the last end; a domain without any has none at all. */
  readonly #rateStarts: Uint32Array;
  /** Made when one is looked for whose place is not known. */
  #places: ReadonlyMap<Uuid, number> | null = null;

  constructor({ hostName, samples, domain, sampledAt, readAtMs, before }: RoundParts) {
    this.hostName = hostName;
    this.sampledAt = sampledAt;
    this.#readAtMs = readAtMs;
    this.#libvirtIds = Int32Array.from(samples, ({ uuid }) => domain(uuid)?.libvirtId ?? noId);
    this.#rateStarts = new Uint32Array(samples.length + 1);
    const rates: number[] = [];
    for (const [place, sample] of samples.entries()) {
      addRates(rates, before?.rated(sample.uuid, place) ?? null, this.#asRated(place, sample));
      this.#rateStarts[place + 1] = rates.length;
    }
    this.#rates = Float64Array.from(rates);
    this.#samples = packSamples(samples, (uuid) => domain(uuid)?.uuid ?? uuid);
  }

  get length(): number {
    return this.#samples.uuids.length;
  }

  *[Symbol.iterator](): Generator<StatsReading> {
    for (let place = 0; place < this.length; place += 1) {
      const sample = this.#samples.at(place);
      if (sample !== null) yield new Reading(this, place, sample);
    }
  }

  /** What the next reading of a domain is compared with. `likelyPlace`: a host tells its domains in the same order again. */
  rated(uuid: Uuid, likelyPlace: number | null = null): RatedSample | null {
    const { uuids } = this.#samples;
    if (likelyPlace !== null && uuids[likelyPlace] === uuid) return this.#ratedAt(likelyPlace);
    this.#places ??= new Map(uuids.map((one, place) => [one, place]));
    const place = this.#places.get(uuid);
    return place === undefined ? null : this.#ratedAt(place);
  }

  ratesAt(place: number, sample: DomainStatsSample): StatsRates | null {
    const [start = 0, end = 0] = this.#rateStarts.subarray(place, place + 2);
    return start === end ? null : new Rates(this.#rates.subarray(start, end), sample);
  }

  #ratedAt(place: number): RatedSample | null {
    const sample = this.#samples.at(place);
    return sample && this.#asRated(place, sample);
  }

  #asRated(place: number, sample: DomainStatsSample): RatedSample {
    const id = this.#libvirtIds[place] ?? noId;
    return { sample, libvirtId: id === noId ? null : id, readAtMs: this.#readAtMs };
  }
}

class Reading implements StatsReading {
  readonly sample: DomainStatsSample;
  readonly #round: RoundReadings;
  readonly #place: number;

  constructor(round: RoundReadings, place: number, sample: DomainStatsSample) {
    this.#round = round;
    this.#place = place;
    this.sample = sample;
  }

  get hostName(): string {
    return this.#round.hostName;
  }

  get sampledAt(): number {
    return this.#round.sampledAt;
  }

  get rates(): StatsRates | null {
    return this.#round.ratesAt(this.#place, this.sample);
  }
}
