/** What the pictures of the commands share: text and numbers of SVG, and colours for light and dark pages. */

/** Colours that differ for readers with any colour vision; they come again after the last one. */
export const SVG_COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8c564b', '#7f7f7f'];

/** Style of a picture's ground and text: classes `faint`, `rule`, `axis` and `head`, on a light page and on a dark one. */
export const SVG_STYLE = `  svg { background: #fff; font: 13px system-ui, sans-serif; }
  text { fill: #1f2937; } .faint { fill: #6b7280; } .rule { stroke: #e5e7eb; } .axis { stroke: #9ca3af; }
  .head { font-size: 17px; font-weight: 600; }
  @media (prefers-color-scheme: dark) {
    svg { background: #111827; } text { fill: #e5e7eb; } .faint { fill: #9ca3af; } .rule { stroke: #1f2937; } .axis { stroke: #4b5563; }
  }`;

/** A coordinate with one digit after the point. */
export function fixed(value: number): number {
  return Number(value.toFixed(1));
}

/** Text that stands in an element or an attribute; what XML has no way to say is replaced. */
export function escapeXml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML knows no such characters, not even escaped
  const legal = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');
  return legal.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
