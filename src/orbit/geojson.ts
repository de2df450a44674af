/**
 * Areas out of GeoJSON (RFC 7946): Polygon and MultiPolygon, alone, in a Feature, a FeatureCollection or a GeometryCollection.
 * Positions are [longitude, latitude]; a height behind them is passed over, as are properties.
 */
import { InputFileError, messageOf, UsageError } from '../base/errors.js';
import { type EarthArea, shapeOf } from './area.js';
import type { GeographicPoint, Ring } from './polygon.js';

/** What a file holds. */
export interface GeoJsonArea {
  /** All polygons of the file as one area. */
  readonly area: Extract<EarthArea, { kind: 'polygon' }>;
  /** Geometries that are no areas, such as points, and were passed over. */
  readonly passedOver: number;
}

/** The deepest that geometries are nested in collections. */
const MAX_DEPTH = 16;

/**
 * Reads a file. Throws an InputFileError that names the field for a text that is no GeoJSON, a border with fewer than three points that
 * differ, positions out of range, or a file without any polygon.
 */
export function readGeoJson(text: string, file: string): GeoJsonArea {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (thrown) {
    const place = /(?:at )?position \d+/.exec(messageOf(thrown))?.[0];
    throw new InputFileError({ file }, `this is no JSON${place === undefined ? '' : ` (${place})`}, expected GeoJSON`);
  }
  const reader = new GeoJsonReader(file);
  reader.read(root, '', 0);
  if (reader.polygons.length === 0) {
    throw new InputFileError({ file }, 'found no area, expected a Polygon or MultiPolygon');
  }
  return { area: { kind: 'polygon', polygons: reader.polygons }, passedOver: reader.passedOver };
}

class GeoJsonReader {
  readonly polygons: Ring[][] = [];
  passedOver = 0;

  constructor(private readonly file: string) {}

  read(value: unknown, path: string, depth: number): void {
    if (depth > MAX_DEPTH) throw this.#error(path, `nested deeper than ${MAX_DEPTH} collections`);
    const object = this.#object(value, path);
    const { type } = object;
    switch (type) {
      case 'FeatureCollection':
        this.#each(object['features'], join(path, 'features'), (item, at) => this.read(item, at, depth + 1));
        return;
      case 'GeometryCollection':
        this.#each(object['geometries'], join(path, 'geometries'), (item, at) => this.read(item, at, depth + 1));
        return;
      case 'Feature':
        // A feature may have no place (RFC 7946 section 3.2).
        if (object['geometry'] === null) this.passedOver++;
        else this.read(object['geometry'], join(path, 'geometry'), depth + 1);
        return;
      case 'Polygon':
        this.#polygon(object['coordinates'], join(path, 'coordinates'));
        return;
      case 'MultiPolygon':
        this.#each(object['coordinates'], join(path, 'coordinates'), (item, at) => this.#polygon(item, at));
        return;
      case 'Point':
      case 'MultiPoint':
      case 'LineString':
      case 'MultiLineString':
        this.passedOver++;
        return;
      default: {
        const expected = 'a GeoJSON type such as Polygon, Feature or FeatureCollection';
        throw this.#error(join(path, 'type'), `found ${shown(type)}, expected ${expected}`);
      }
    }
  }

  #polygon(value: unknown, path: string): void {
    const rings: Ring[] = [];
    this.#each(value, path, (ring, at) => {
      const points: GeographicPoint[] = [];
      this.#each(ring, at, (position, place) => {
        points.push(this.#point(position, place));
      });
      this.#check([[points]], at);
      rings.push(points);
    });
    if (rings.length === 0) throw this.#error(path, 'found no border, expected a list of borders');
    this.polygons.push(rings);
  }

  #point(value: unknown, path: string): GeographicPoint {
    const [longitudeDeg, latitudeDeg] = Array.isArray(value) ? (value as readonly unknown[]) : [];
    if (typeof longitudeDeg !== 'number' || typeof latitudeDeg !== 'number') {
      throw this.#error(path, `found ${shown(value)}, expected [longitude, latitude] in degrees`);
    }
    return { latitudeDeg, longitudeDeg };
  }

  #check(polygons: readonly (readonly Ring[])[], path: string): void {
    try {
      shapeOf({ kind: 'polygon', polygons });
    } catch (thrown) {
      if (!(thrown instanceof UsageError)) throw thrown;
      throw this.#error(path, thrown.message);
    }
  }

  #each(value: unknown, path: string, visit: (item: unknown, path: string) => void): void {
    if (!Array.isArray(value)) throw this.#error(path, `found ${shown(value)}, expected a list`);
    value.forEach((item: unknown, i) => {
      visit(item, `${path}.${i}`);
    });
  }

  #object(value: unknown, path: string): { readonly [key: string]: unknown } {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      throw this.#error(path, `found ${shown(value)}, expected a GeoJSON object`);
    }
    return value as { readonly [key: string]: unknown };
  }

  #error(field: string, problem: string): InputFileError {
    return new InputFileError({ file: this.file, field }, problem);
  }
}

function join(path: string, field: string): string {
  return path === '' ? field : `${path}.${field}`;
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  // Never the whole of a list or object: it may be long, and nested deeper than a text of it could be made.
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value);
  return text.length <= 40 ? text : `${text.slice(0, 37)}...`;
}
