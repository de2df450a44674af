/** Element sets that tests share. */
import type { MeanElements } from '../../src/orbit/index.js';

/** A highly eccentric orbit of half a day: the deep-space half of SGP4, with resonance. */
export const MOLNIYA: MeanElements = {
  name: 'HIGH',
  catalogueNumber: 90_001,
  internationalDesignator: '',
  epochUnixUs: 1_780_000_000e6,
  revolutionsPerDay: 2.00612,
  eccentricity: 0.7202,
  inclinationDeg: 63.4,
  ascendingNodeDeg: 120.5,
  argumentOfPerigeeDeg: 281.2,
  meanAnomalyDeg: 12.3,
  dragPerEarthRadius: 1e-5,
};

/** A satellite on a low orbit that passes near both poles. */
export const POLAR: MeanElements = {
  name: 'LOW',
  catalogueNumber: 90_002,
  internationalDesignator: '2026-001A',
  epochUnixUs: 1_780_000_123_456_789,
  revolutionsPerDay: 14.57,
  eccentricity: 0.0012,
  inclinationDeg: 98.2,
  ascendingNodeDeg: 33,
  argumentOfPerigeeDeg: 90,
  meanAnomalyDeg: 270,
  dragPerEarthRadius: 3e-5,
};

/** The first 68 columns of a line, with their checksum behind them. */
export function checksummed(line: string): string {
  const columns = line.padEnd(68).slice(0, 68);
  let sum = 0;
  for (const character of columns) sum += character === '-' ? 1 : /\d/.test(character) ? Number(character) : 0;
  return columns + (sum % 10);
}
