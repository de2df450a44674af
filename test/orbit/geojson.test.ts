import { describe, expect, it } from 'vitest';
import { readGeoJson, shapeOf } from '../../src/orbit/index.js';

const square = [
  [10, 40],
  [12, 40],
  [12, 42],
  [10, 42],
  [10, 40],
];
const hole = square.map(([lon, lat]) => [10.5 + (lon! - 10) / 2, 40.5 + (lat! - 40) / 2, 123]);
const polygon = { type: 'Polygon', coordinates: [square, hole] };
const feature = (geometry: unknown) => ({ type: 'Feature', properties: { type: 'Polygon' }, geometry });

describe('readGeoJson', () => {
  it.each([
    ['a Polygon', polygon],
    ['a MultiPolygon', { type: 'MultiPolygon', coordinates: [polygon.coordinates] }],
    ['a Feature', feature(polygon)],
    ['a FeatureCollection', { type: 'FeatureCollection', features: [feature(polygon)] }],
    ['a GeometryCollection', feature({ type: 'GeometryCollection', geometries: [polygon] })],
  ])('reads %s with positions as [longitude, latitude]', (_, value) => {
    const { area, passedOver } = readGeoJson(JSON.stringify(value), 'a.json');
    const shape = shapeOf(area);
    expect(passedOver).toBe(0);
    expect([shape.contains(40.2, 10.2), shape.contains(41, 11), shape.contains(11, 41)]).toEqual([true, false, false]);
  });

  it('counts what is no area', () => {
    const point = { type: 'Point', coordinates: [1, 2] };
    const collection = { type: 'FeatureCollection', features: [feature(point), feature(null), feature(polygon)] };
    expect(readGeoJson(JSON.stringify(collection), 'a.json').passedOver).toBe(2);
  });

  it.each([
    ['{', 'a.json: this is no JSON'],
    ['[]', 'found an empty list, expected a GeoJSON object'],
    ['{"type":"Area"}', 'a.json: type: found "Area", expected a GeoJSON type'],
    ['{"type":"Polygon"}', 'a.json: coordinates: found nothing, expected a list'],
    ['{"type":"Polygon","coordinates":[]}', 'a.json: coordinates: found no border'],
    ['{"type":"Polygon","coordinates":[[[1,2],[3,4]]]}', 'a.json: coordinates.0: a border of 2 points'],
    [
      '{"type":"Polygon","coordinates":[[[1,2],[3],[5,6]]]}',
      'a.json: coordinates.0.1: found a list of 1, expected [longitude',
    ],
    ['{"type":"Polygon","coordinates":[[[1,2],[3,95],[5,6]]]}', 'a.json: coordinates.0: latitude 95'],
    [
      '{"type":"FeatureCollection","features":[{"type":"Feature","geometry":3}]}',
      'a.json: features.0.geometry: found 3',
    ],
    ['{"type":"Point","coordinates":[1,2]}', 'a.json: found no area, expected a Polygon'],
    [`${'{"type":"Feature","geometry":'.repeat(20)}{}${'}'.repeat(20)}`, 'nested deeper than 16'],
    [
      `{"type":"Polygon","coordinates":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      'a.json: coordinates.0.0: found a list of 1',
    ],
  ])('refuses %.80s', (text, message) => {
    expect(() => readGeoJson(text, 'a.json')).toThrow(
      expect.objectContaining({ name: 'InputFileError', message: expect.stringContaining(message) }),
    );
  });
});
