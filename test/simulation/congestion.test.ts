/** Traffic that the plan alone sends into one contact together, with nodes that tell each other what is taken and without. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FLAGSHIP, fly, SCENARIOS } from './fly.js';

const CONGESTION = join(SCENARIOS, 'congestion.yaml');
const FLOWS = 12;
const OFF = 'routing.congestion=off';
/** For runs that the scenario itself does not expect anything good of. */
const ANY = ['expect.deliveryRatio=0', 'expect.network.trafficMeanDelaySeconds.max=1e9'];
const forAll = (field: string) => Array.from({ length: FLOWS }, (_, flow) => `traffic.${flow}.${field}`);

describe('sources that all have the same best way', () => {
  it('share the second one where nodes tell each other what is taken, and miss their deadline where they do not', async () => {
    const { report: told } = await fly(CONGESTION);
    const { report: untold } = await fly(CONGESTION, [OFF, ...ANY]);
    const right = { trafficSent: 540, trafficDelivered: 540, expired: 0, malformed: 0, adminRecordsIgnored: 0 };
    expect(told.network).toMatchObject(right);
    expect(untold.network.trafficDelivered).toBeLessThan(0.85 * told.network.trafficDelivered);
    // Late, and not lost: nobody sends back what another node kept out of a full contact.
    const { trafficDelivered, expired } = untold.network;
    expect(trafficDelivered + expired).toBe(540);
    // What it costs: a bundle for the sake of a notice each second to each source at the most.
    expect(told.network.bundlesSourced - told.network.trafficSent).toBeLessThan(3 * 8 * 60);
  });

  it('are late where bundles live long enough to wait for the next round', async () => {
    const patient = forAll('lifetimeSeconds=1700');
    const { report: told } = await fly(CONGESTION, patient);
    const { report: untold } = await fly(CONGESTION, [OFF, ...patient, ...ANY]);
    expect(untold.network.trafficMeanDelaySeconds).toBeGreaterThan(2 * told.network.trafficMeanDelaySeconds);
  });

  it('hear of it on custody signals too', async () => {
    const { report } = await fly(CONGESTION, forAll('custody=true'));
    expect(report.network).toMatchObject({ custodyTrafficSent: 540, custodyTrafficDelivered: 540, expired: 0 });
  });
});

describe('a run without congestion', () => {
  it('is the same event for event, whether nodes would tell each other or not', async () => {
    const { report: on } = await fly(FLAGSHIP);
    const { report: off } = await fly(FLAGSHIP, [OFF]);
    expect(on.traceHash).toBe(off.traceHash);
  });
});
