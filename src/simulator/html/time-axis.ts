/** The horizontal time axis that all charts of a page share. */
import { px } from './markup.js';
import { decimal } from './words.js';

/** Width of a chart in its own units. */
export const CHART_WIDTH = 1_080;
/** Where the time axis begins, right of the labels. */
export const CHART_LEFT = 190;
const RIGHT = 24;

/** Maps seconds to the chart. */
export class TimeAxis {
  constructor(
    readonly startSeconds: number,
    readonly endSeconds: number,
  ) {}

  /** Horizontal place of a moment; moments outside of the axis are moved to its ends. */
  x(seconds: number): number {
    const span = this.endSeconds - this.startSeconds || 1;
    const share = Math.min(1, Math.max(0, (seconds - this.startSeconds) / span));
    return CHART_LEFT + share * (CHART_WIDTH - CHART_LEFT - RIGHT);
  }

  /** Rules and labels from `top` to `bottom`, the labels below. */
  render(top: number, bottom: number): string {
    const parts: string[] = [];
    for (const tick of this.#ticks()) {
      const x = px(this.x(tick));
      parts.push(
        `<line class="rule" x1="${x}" x2="${x}" y1="${top}" y2="${bottom}"/>`,
        `<text class="tick" x="${x}" y="${bottom + 16}" text-anchor="middle">${decimal(tick, 6)} s</text>`,
      );
    }
    return parts.join('');
  }

  #ticks(): number[] {
    const span = this.endSeconds - this.startSeconds;
    if (!(span > 0)) return [this.startSeconds];
    const rough = span / 8;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? 10 * power;
    const ticks: number[] = [];
    for (let i = Math.ceil(this.startSeconds / step - 1e-9); i * step <= this.endSeconds + 1e-9 * step; i++)
      ticks.push(i * step);
    return ticks;
  }
}
