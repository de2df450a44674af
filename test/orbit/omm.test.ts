import { describe, expect, it } from 'vitest';
import { readOmm } from '../../src/orbit/index.js';

const FIELDS = {
  OBJECT_NAME: 'ISS (ZARYA)',
  OBJECT_ID: '1998-067A',
  EPOCH: '2026-06-15T12:00:00.123456',
  MEAN_MOTION: 15.49560532,
  ECCENTRICITY: 0.0006317,
  INCLINATION: 51.64,
  RA_OF_ASC_NODE: 208.9163,
  ARG_OF_PERICENTER: 69.9862,
  MEAN_ANOMALY: 25.2906,
  EPHEMERIS_TYPE: 0,
  CLASSIFICATION_TYPE: 'U',
  NORAD_CAT_ID: 25_544,
  ELEMENT_SET_NO: 999,
  REV_AT_EPOCH: 1234,
  BSTAR: 0.0001027,
  MEAN_MOTION_DOT: 1.6717e-4,
  MEAN_MOTION_DDOT: 0,
};

const EXPECTED = {
  name: 'ISS (ZARYA)',
  catalogueNumber: 25_544,
  internationalDesignator: '1998-067A',
  epochUnixUs: Date.UTC(2026, 5, 15, 12) * 1000 + 123_456,
  revolutionsPerDay: 15.49560532,
  eccentricity: 0.0006317,
  inclinationDeg: 51.64,
  ascendingNodeDeg: 208.9163,
  argumentOfPerigeeDeg: 69.9862,
  meanAnomalyDeg: 25.2906,
  dragPerEarthRadius: 0.0001027,
};

const texts = Object.fromEntries(Object.entries(FIELDS).map(([field, value]) => [field, String(value)]));
const names = Object.keys(texts);
const csvLine = names.map((field) => (field === 'OBJECT_NAME' ? '"ISS (ZARYA)"' : texts[field])).join(',');
const kvn = (fields: Record<string, string>) =>
  `CCSDS_OMM_VERS = 3.0\nCOMMENT by hand\nREF_FRAME = TEME\n\n${Object.entries(fields)
    .map(([field, value]) => `${field} = ${value}${field === 'INCLINATION' ? ' [deg]' : ''}`)
    .join('\n')}\n`;
const xml = (fields: Record<string, string>) => `<?xml version="1.0"?>
<ndm xmlns:xsi="a"><!-- <omm> -->
<omm id="CCSDS_OMM_VERS" version="3.0"><header><COMMENT>x</COMMENT></header><body><segment>
<metadata><REF_FRAME>TEME</REF_FRAME></metadata><data><meanElements>
${Object.entries(fields)
  .map(([field, value]) => `<${field}${field === 'INCLINATION' ? ' units="deg"' : ''}>${value}</${field}>`)
  .join('\n')}
</meanElements></data></segment></body></omm></ndm>`;

describe('readOmm', () => {
  it.each([
    ['JSON', JSON.stringify([FIELDS, FIELDS])],
    ['JSON with texts for numbers', JSON.stringify([texts, { ...texts, EXTRA: null }])],
    ['JSON of one object', JSON.stringify(FIELDS)],
    ['CSV', `\ufeff${names.join(',')}\r\n${csvLine}\r\n${csvLine}\r\n`],
    ['keyword-value notation', kvn(texts) + kvn(texts)],
    ['XML', xml(texts)],
  ])('reads %s', (_, text) => {
    const sets = readOmm(text, 'a.omm');
    expect(sets.length).toBeGreaterThan(0);
    for (const set of sets) expect(set).toEqual(EXPECTED);
  });

  it('reads dates by the day of the year, and entities of XML', () => {
    const [set] = readOmm(xml({ ...texts, EPOCH: '2026-166T12:00:00.123456Z', OBJECT_NAME: 'A &amp;lt; B' }), 'a.xml');
    expect(set).toEqual({ ...EXPECTED, name: 'A &lt; B' });
  });

  const json = (changes: object) => JSON.stringify([FIELDS, { ...FIELDS, ...changes }]);
  it.each([
    ['', 'a: found no orbit mean-elements messages'],
    ['hello', 'a: found no orbit mean-elements messages'],
    ['[]', 'a: found no elements'],
    ['[{]', 'this is no JSON'],
    ['[1]', 'a: 0: found 1, expected an object'],
    [json({ BSTAR: undefined }), 'a: 1.BSTAR: is missing, expected a number from -10 to 10'],
    [json({ EPOCH: '2026-02-29T00:00:00' }), 'a: 1.EPOCH: found "2026-02-29T00:00:00", expected a UTC time'],
    [json({ ECCENTRICITY: 1 }), 'a: 1.ECCENTRICITY: found "1", expected a number from 0 to 0.9999999'],
    [json({ MEAN_MOTION: 'fast' }), 'a: 1.MEAN_MOTION: found "fast", expected a number'],
    [json({ REF_FRAME: 'GCRF' }), 'a: 1.REF_FRAME: found "GCRF", expected TEME'],
    [json({ MEAN_ELEMENT_THEORY: 'DSST' }), 'a: 1.MEAN_ELEMENT_THEORY: found "DSST", expected SGP4'],
    [json({ EPHEMERIS_TYPE: 4 }), 'a: 1.EPHEMERIS_TYPE: found "4", expected 0'],
    [json({ NORAD_CAT_ID: -1 }), 'a: 1.NORAD_CAT_ID: found "-1", expected a catalogue number'],
    [`${names.join(',')}\n1,2\n`, 'a:2: found 2 values, expected 17'],
    [`${names.join(',')}\n"1,2\n`, 'a:2:1: found a quote that does not end'],
    [kvn({ ...texts, MEAN_ANOMALY: '' }), 'a:13: MEAN_ANOMALY: is missing'],
    [`${kvn(texts)}nonsense\n`, 'a:22: found "nonsense", expected KEYWORD = VALUE'],
    [`${kvn(texts)}BSTAR = 1\n`, 'a:22: BSTAR: is given twice'],
    [xml({ ...texts, INCLINATION: '200' }), 'a:10: INCLINATION: found "200", expected a number from 0 to 180'],
    [xml(texts).replace('</omm>', ''), 'a:3: found <omm> without </omm>'],
    [xml(texts).slice(0, -3), 'a:22: found "</n" without an end'],
    ['<omm><omm></omm></omm>', 'a:1: found <omm> within <omm>'],
  ])('refuses case %#', (text, message) => {
    expect(() => readOmm(text, 'a')).toThrow(
      expect.objectContaining({ name: 'InputFileError', message: expect.stringContaining(message) }),
    );
  });
});
