import { describe, expect, it } from 'vitest';
import { latestElements, readTle } from '../../src/orbit/index.js';
import { checksummed } from './elements.js';

const LINE_1 = '1 25544U 98067A   26166.50000000  .00016717  00000-0  10270-3 0  9005';
const LINE_2 = checksummed('2 25544  51.6400 208.9163 0006317  69.9862  25.2906 15.49560532  1234');
const FIRST = checksummed(LINE_1);
const SET = `${FIRST}\n${LINE_2}\n`;

/** The set with some columns of a line written over, and a checksum that fits. */
function changed(line: 1 | 2, column: number, text: string): string {
  const [first, second] = [FIRST, LINE_2].map((columns, i) => {
    if (i + 1 !== line) return columns;
    return checksummed(columns.slice(0, column - 1) + text + columns.slice(column - 1 + text.length));
  });
  return `${first}\n${second}\n`;
}

describe('readTle', () => {
  it('reads sets of two lines and of three, with or without a 0 before the name, and any line ends', () => {
    const [plain, named, numbered] = readTle(
      `${SET}ISS (ZARYA)   \r\n${SET.replaceAll('\n', '\r\n')}\n\n0 ISS\n${SET}`,
      'a.tle',
    );
    expect(plain).toEqual({
      name: '',
      catalogueNumber: 25_544,
      internationalDesignator: '1998-067A',
      // The 166th day of 2026 is the 15th of June.
      epochUnixUs: Date.UTC(2026, 5, 15, 12) * 1000,
      revolutionsPerDay: 15.49560532,
      eccentricity: 0.0006317,
      inclinationDeg: 51.64,
      ascendingNodeDeg: 208.9163,
      argumentOfPerigeeDeg: 69.9862,
      meanAnomalyDeg: 25.2906,
      dragPerEarthRadius: 0.1027e-3,
    });
    expect(named).toEqual({ ...plain, name: 'ISS (ZARYA)' });
    expect(numbered).toEqual({ ...plain, name: 'ISS' });
  });

  it('reads epochs to the digit, and years of two digits as 1957 to 2056', () => {
    const epoch = (text: string) => readTle(changed(1, 19, text), 'a.tle')[0]!.epochUnixUs;
    expect(epoch('26001.00000001')).toBe(Date.UTC(2026, 0, 1) * 1000 + 864);
    expect(epoch('56366.99999999')).toBe(Date.UTC(2057, 0, 1) * 1000 - 864);
    expect(epoch('57001.00000000')).toBe(Date.UTC(1957, 0, 1) * 1000);
    expect(epoch('00 60.50000000')).toBe(Date.UTC(2000, 1, 29, 12) * 1000);
  });

  it('reads catalogue numbers of alpha-5', () => {
    const number = (text: string) => {
      const [first, second] = [FIRST, LINE_2].map((line) => checksummed(line.slice(0, 2) + text + line.slice(7)));
      return readTle(`${first}\n${second}`, 'a.tle')[0]!.catalogueNumber;
    };
    expect(['A0000', 'H9999', 'J0000', 'N2345', 'P0001', 'Z9999', '    5'].map(number)).toEqual([
      100_000, 179_999, 180_000, 222_345, 230_001, 339_999, 5,
    ]);
  });

  it('reads exponents with signs', () => {
    const drag = (text: string) => readTle(changed(1, 54, text), 'a.tle')[0]!.dragPerEarthRadius;
    expect([' 12345-3', '-12345-3', '+12345+1', ' 00000+0', ' 00000 0'].map(drag)).toEqual([
      0.12345e-3, -0.12345e-3, 1.2345, 0, 0,
    ]);
  });

  it.each([
    ['', 'a.tle: found no elements, expected sets'],
    ['ISS\n', 'a.tle:1:1: the file ends after "ISS", expected lines 1 and 2'],
    [FIRST, 'a.tle:1:1: the file ends after "1 25544U 98067A   26166....", expected line 2'],
    [`${FIRST}\nISS`, 'a.tle:2:1: found "ISS", expected line 2'],
    [`ISS\nISS\n${SET}`, 'a.tle:2:1: found "ISS", expected line 1'],
    [`${LINE_2}\n`, 'a.tle:1:1: found line 2 of a set, expected its line 1'],
    [`${FIRST.slice(0, 68)}\n${LINE_2}`, 'a.tle:1:69: found 68 columns, expected 69'],
    [`${FIRST}0\n${LINE_2}`, 'a.tle:1:70: found 70 columns, expected 69'],
    [`${FIRST}\n${LINE_2.slice(0, 68)}${(Number(LINE_2[68]) + 1) % 10}`, 'a.tle:2:69: checksum: found'],
    [`\n${FIRST.replace('.00016717', '.00016718')}\n${LINE_2}`, 'a.tle:2:69: checksum: found'],
    [changed(1, 3, '25545'), 'a.tle:2:3: catalogue number: found 25544, expected 25545 as in line 1'],
    [changed(1, 3, 'I5544'), 'a.tle:1:3: catalogue number: found "I5544", expected five digits'],
    [changed(1, 21, '367.50000000'), 'a.tle:1:21: epoch day: found 367.50000000, which the year 2026 does not have'],
    [changed(1, 21, '1x6.50000000'), 'a.tle:1:21: epoch day: found "1x6.50000000", expected a day'],
    [changed(1, 54, ' 10270x3'), 'a.tle:1:54: drag term: found " 10270x3", expected a number such as'],
    [changed(1, 63, '4'), 'a.tle:1:63: ephemeris type: found "4", expected 0 or blank'],
    [changed(2, 9, '181.0000'), 'a.tle:2:9: inclination: found 181, expected a number from 0 to 180'],
    [changed(2, 27, '00x6317'), 'a.tle:2:27: eccentricity: found "00x6317", expected seven digits'],
    [changed(2, 53, '         x '), 'a.tle:2:53: mean motion: found'],
    [changed(2, 53, ' 0.00000000'), 'a.tle:2:53: mean motion: found 0, expected a number from 0.0001 to 20'],
  ])('refuses case %#', (text, message) => {
    expect(() => readTle(text, 'a.tle')).toThrow(
      expect.objectContaining({ name: 'InputFileError', message: expect.stringContaining(message) }),
    );
  });
});

describe('latestElements', () => {
  it('keeps the latest set of each satellite', () => {
    const sets = readTle(SET + changed(1, 19, '26167') + changed(1, 19, '26165'), 'a.tle');
    expect(latestElements(sets)).toEqual([sets[1]]);
  });
});
