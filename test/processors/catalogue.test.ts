import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/base/errors.js';
import { ProcessorCatalogue } from '../../src/processors/catalogue.js';
import type { Collector } from '../../src/processors/contract.js';
import { PlainPlatform } from '../helpers/plain-platform.js';

const platform = new PlainPlatform();

describe('ProcessorCatalogue', () => {
  it('has the built-in processors by their names', () => {
    const catalogue = new ProcessorCatalogue();
    expect(catalogue.names('collect')).toEqual(['doccollector', 'wordcountcollector']);
    expect(catalogue.names('map')).toEqual(['wordcountmapper']);
    expect(catalogue.names('combine')).toEqual(['mergecombiner']);
    expect(catalogue.names('reduce')).toEqual(['sumreducer']);
    expect(catalogue.has('reduce', 'sumreducer')).toBe(true);
    expect(catalogue.has('map', 'sumreducer')).toBe(false);
  });

  it('makes a new processor each time', () => {
    const catalogue = new ProcessorCatalogue();
    expect(catalogue.create('map', 'wordcountmapper', platform)).not.toBe(
      catalogue.create('map', 'wordcountmapper', platform),
    );
  });

  it('names the nearest processor for an unknown name', () => {
    const create = () => new ProcessorCatalogue().create('collect', 'doccolector', platform);
    expect(create).toThrow(UsageError);
    expect(create).toThrow('there is no collector named "doccolector"; did you mean "doccollector"?');
  });

  it('says what a name of another kind is', () => {
    expect(() => new ProcessorCatalogue().create('map', 'sumreducer', platform)).toThrow('"sumreducer" is a reducer');
  });

  it('reads the value of COMP_SKIP_MAP', () => {
    const catalogue = new ProcessorCatalogue();
    const withFlag = (flag: boolean): Collector => ({ COMP_SKIP_MAP: flag, collect: () => [] });
    catalogue.register('collect', 'off', () => withFlag(false));
    catalogue.register('collect', 'on', () => withFlag(true));
    expect(['doccollector', 'wordcountcollector', 'off', 'on'].map((name) => catalogue.skipsMap(name))).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });

  it('refuses a second factory of one name, and a product that is no processor', () => {
    const catalogue = new ProcessorCatalogue();
    expect(() => catalogue.register('reduce', 'sumreducer', () => ({ reduce: () => 0 }))).toThrow('there is already');
    catalogue.register('reduce', 'broken', () => ({}) as never);
    expect(() => catalogue.create('reduce', 'broken', platform)).toThrow(
      'reducer "broken" must be an object with a method reduce(), but is an object',
    );
  });
});
