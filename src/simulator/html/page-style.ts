/** How the report page looks, in light and in dark. */

/** The page's only style sheet. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --paper: #f6f7f9; --card: #ffffff; --ink: #18202b; --faint: #5b6675; --rule: #e3e7ec; --accent: #2a6fdb;
  --good: #18794e; --bad: #c4320a; --up: #5fa777; --down: #f0b8a8; --wait: #7c4dbe;
  --h0: #d9dee5; --h1: #b9cdea; --h2: #86aee8; --h3: #4b86dd; --h4: #1f5bbd; --h5: #0b3480;
  --los: #d4a017; --collector: #2b8a6e; --mapper: #2a6fdb; --reducer: #a33ea1; --plain: #ffffff; --plain-edge: #8a95a3;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #0e131a; --card: #161d27; --ink: #e6eaf0; --faint: #97a3b3; --rule: #273141; --accent: #6ea8ff;
    --good: #56c596; --bad: #ff8a66; --up: #3d8a5c; --down: #7a3325; --wait: #b794f6;
    --h0: #2b3645; --h1: #2c4a73; --h2: #2f66a8; --h3: #3f8ae0; --h4: #7db6ff; --h5: #d6e8ff;
    --los: #e0b53c; --collector: #3fae8c; --mapper: #4d8df0; --reducer: #c46bc2; --plain: #161d27; --plain-edge: #7d8998;
  }
}
* { box-sizing: border-box; }
body { margin: 0; overflow-wrap: anywhere; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 28px 20px 60px; }
header p { max-width: 80ch; color: var(--faint); margin: 4px 0 0; }
h1 { font-size: 28px; margin: 0; letter-spacing: -.01em; }
h2 { font-size: 18px; margin: 0 0 4px; }
h3 { font-size: 14px; margin: 12px 0 6px; }
section { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 18px 20px; margin-top: 18px; }
.good { color: var(--good); } .bad { color: var(--bad); }
.note { color: var(--faint); font-size: 13px; margin: 8px 0 0; }
.tiles { list-style: none; display: grid; grid-template-columns: repeat(auto-fit, minmax(126px, 1fr)); gap: 10px; padding: 0; margin: 18px 0 0; }
.tiles li { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 9px 12px; }
.tiles span, .tiles small { display: block; color: var(--faint); font-size: 12.5px; }
.tiles strong { font-size: 18px; white-space: nowrap; font-weight: 620; color: var(--ink); font-variant-numeric: tabular-nums; }
.tiles .good strong { color: var(--good); } .tiles .bad strong { color: var(--bad); }
.split { display: grid; grid-template-columns: minmax(280px, 1fr) minmax(280px, 1.2fr); gap: 8px 36px; }
.groups td { white-space: nowrap; } .groups { display: grid; grid-template-columns: repeat(auto-fit, minmax(230px, 1fr)); gap: 4px 32px; }
@media (max-width: 700px) { .split { grid-template-columns: 1fr; } }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 14px; margin: 12px 0 0; font-size: 13.5px; align-content: start; }
dt { color: var(--faint); } dd { margin: 0; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; font-variant-numeric: tabular-nums; }
th { font-weight: 400; text-align: left; } thead th { color: var(--faint); }
td, th { padding: 3px 10px 3px 0; border-bottom: 1px solid var(--rule); } td { text-align: right; }
details td, details th { text-align: left; } details { margin-top: 10px; font-size: 13.5px; } summary { cursor: pointer; color: var(--accent); }
.words th { width: 28%; overflow-wrap: anywhere; } .words td:nth-child(2) { width: 18%; }
.meter span { display: block; height: 9px; border-radius: 4px; background: var(--accent); }
.checks { list-style: none; padding: 0; margin: 8px 0 0; } .checks li { padding: 4px 0; border-bottom: 1px solid var(--rule); }
.checks b { display: inline-block; width: 4.2em; } .checks small { display: block; color: var(--faint); margin-left: 4.5em; overflow-wrap: anywhere; }
pre, code { font: 13px/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { background: var(--paper); border: 1px solid var(--rule); border-radius: 8px; padding: 10px 12px; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; } svg { display: block; width: 100%; min-width: 720px; height: auto; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; } svg .label { font-size: 11.5px; } svg .tick { fill: var(--faint); font-size: 11px; }
svg .strong { fill: var(--ink); } svg .rule { stroke: var(--rule); } svg .moment { stroke: var(--faint); stroke-dasharray: 3 3; }
.bar { fill: var(--accent); } .role-collector { fill: var(--collector); } .role-combiner { fill: var(--collector); } .role-mapper { fill: var(--mapper); }
.role-reducer { fill: var(--reducer); } .role-coordinator { fill: var(--los); } .bar.failed { fill: var(--bad); }
.bar.open { fill: none; stroke: var(--bad); stroke-dasharray: 4 3; }
.up { fill: var(--up); } .down { fill: var(--down); } .wait { fill: var(--wait); } .cut { fill: var(--bad); stroke: var(--card); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; color: var(--faint); font-size: 13px; margin: 4px 0 10px; }
.legend i { display: inline-block; width: 13px; height: 11px; border-radius: 3px; margin-right: 6px; vertical-align: -1px; }
.legend i.round { border-radius: 50%; width: 12px; height: 12px; }
.links path { fill: none; stroke-linecap: round; }
.links .h0 { stroke: var(--h0); stroke-width: 1.4; } .links .h1 { stroke: var(--h1); stroke-width: 2; } .links .h2 { stroke: var(--h2); stroke-width: 2.8; }
.links .h3 { stroke: var(--h3); stroke-width: 3.6; } .links .h4 { stroke: var(--h4); stroke-width: 4.6; } .links .h5 { stroke: var(--h5); stroke-width: 6; }
.links .is-down { stroke: var(--bad); stroke-width: 1.2; stroke-dasharray: 2 4; opacity: .75; }
.nodes circle { fill: var(--plain); stroke: var(--plain-edge); stroke-width: 1.3; } .nodes text { fill: #fff; font-weight: 650; }
.nodes .plain text { fill: var(--ink); font-weight: 400; }
.nodes .is-los circle { fill: var(--los); stroke: var(--los); } .nodes .is-collector circle { fill: var(--collector); stroke: var(--collector); }
.nodes .is-mapper circle { fill: var(--mapper); stroke: var(--mapper); } .nodes .is-reducer circle { fill: var(--reducer); stroke: var(--reducer); }
.slider { display: flex; flex-wrap: wrap; align-items: center; gap: 14px; margin: 6px 0 2px; font-size: 13.5px; }
.slider input { flex: 1 1 8em; min-width: 0; accent-color: var(--accent); } .slider output { flex: 0 1 15em; color: var(--faint); }
button { font: inherit; font-size: 13px; color: var(--ink); background: var(--paper); border: 1px solid var(--rule); border-radius: 7px; padding: 3px 12px; cursor: pointer; }
[hidden] { display: none !important; }
@media print { body { background: #fff; } section { break-inside: avoid; } .slider, button { display: none; } }
`;
