"""The page's looks, kept in the page: it opens from a mail, a bucket or a disk."""

STYLE = """
:root {
  color-scheme: light dark;
  --ground: #f4f5f2; --panel: #ffffff; --line: #dcdfd9; --ink: #1a1f1c; --soft: #59635d;
  --ours: #2a7f8e; --baseline: #b3541e;
  --ok: #136c3e; --watch: #85540a; --act: #b01b22; --none: #56616b;
  --assigned: #2f9461; --in_review: #d29a35; --rejected: #8d7cc9; --failed: #c8353d;
  --in_flight: #4a86c5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #131614; --panel: #1c201e; --line: #333a36; --ink: #e9ece8; --soft: #a3aea7;
    --ours: #58b7c6; --baseline: #f0a06a;
    --ok: #6bd796; --watch: #f0bd5e; --act: #ff8d88; --none: #aab4bd;
    --assigned: #4fb782; --in_review: #e0b055; --rejected: #a99be0; --failed: #f0757a;
    --in_flight: #7cb8f5;
  }
}
*, ::before, ::after { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 76rem; padding: 1.25rem clamp(0.75rem, 3vw, 2rem) 4rem;
  background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums;
}
h1, h2, h3, p, dl, dd, ul, figure { margin: 0; padding: 0; }
h1 { font-size: 1.05rem; font-weight: 600; }
h2 { font-size: 1.2rem; letter-spacing: -0.01em; }
h3 { font-size: 1rem; }
ul { list-style: none; }
a { color: inherit; }
:focus-visible { outline: 3px solid var(--ours); outline-offset: 2px; border-radius: 4px; }
section { margin-top: 2.25rem; }
.note, .soft { color: var(--soft); font-size: 0.92rem; max-width: 46rem; }
.number { text-align: right; white-space: nowrap; }

header .top { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; justify-content: space-between;
  align-items: baseline; }
.verdict { margin-top: 0.9rem; padding: 1.2rem 1.4rem; border-radius: 12px;
  background: var(--panel); border: 1px solid var(--line); border-left: 8px solid var(--tone); }
.verdict strong { display: block; font-size: 2.2rem; line-height: 1.1; color: var(--tone);
  letter-spacing: -0.02em; }
.verdict p { margin-top: 0.4rem; font-size: 1.1rem; max-width: 50rem; }
.verdict .answer { font-size: 1.2rem; font-weight: 600; }
.OK { --tone: var(--ok); } .WATCH { --tone: var(--watch); } .ACT { --tone: var(--act); }
.NOT { --tone: var(--none); }

.loud { display: grid; gap: 0.75rem; margin-top: 0.75rem; }
.loud li { padding: 0.9rem 1.1rem; border-radius: 10px; background: var(--panel);
  border: 1px solid var(--line); border-left: 5px solid var(--tone); }
.badge { display: inline-block; padding: 0 0.55em; border-radius: 1em; font-size: 0.8rem;
  font-weight: 700; color: var(--tone); border: 1.5px solid var(--tone); white-space: nowrap; }
.loud h3 { display: inline; margin-left: 0.4rem; }
.loud div { margin-bottom: 0.5rem; }
.loud .advice { margin-top: 0.35rem; }
.loud .rule { margin-top: 0.15rem; font-size: 0.85rem; max-width: none; }

.counts { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.2rem, 1fr)); gap: 0.6rem;
  margin-top: 0.9rem; }
.counts div { padding: 0.6rem 0.8rem; border: 1px solid var(--line); border-radius: 8px;
  background: var(--panel); border-top: 4px solid var(--tone, var(--line)); }
.counts dt { color: var(--soft); font-size: 0.85rem; }
.counts dd { font-size: 1.35rem; font-weight: 650; line-height: 1.3; white-space: nowrap; }
.counts dd + dd { font-size: 0.85rem; font-weight: 400; color: var(--soft); }
.t-assigned { --tone: var(--assigned); } .t-in_review { --tone: var(--in_review); }
.t-rejected { --tone: var(--rejected); } .t-failed { --tone: var(--failed); }
.t-in_flight { --tone: var(--in_flight); } .t-ours { --tone: var(--ours); }

.charts { columns: 25rem 2; column-gap: 0.75rem; margin-top: 0.75rem; }
.charts > * { break-inside: avoid; margin-bottom: 0.75rem; }
figure, .panel { padding: 0.8rem 1rem; border: 1px solid var(--line); border-radius: 10px;
  background: var(--panel); min-width: 0; }
figcaption, .panel h3 { font-weight: 600; margin-bottom: 0.3rem; }
figcaption span { font-weight: 400; color: var(--soft); font-size: 0.88rem; }
.key { display: flex; flex-wrap: wrap; gap: 0.1rem 1rem; font-size: 0.85rem; color: var(--soft); }
.key li::before { content: ""; display: inline-block; width: 0.75em; height: 0.75em;
  margin-right: 0.4em; border-radius: 2px; background: var(--tone); }
svg { display: block; width: 100%; height: auto; font-size: 10.5px; }
svg text { fill: var(--ink); font-size: 10.5px; }
svg text.soft { fill: var(--soft); font-size: 10.5px; } svg .strong { font-weight: 600; }
svg .grid { stroke: var(--line); stroke-width: 1; }
svg .ours { fill: var(--ours); } svg .range { opacity: 0.35; }
svg .baseline { fill: none; stroke: var(--baseline); stroke-width: 2; }
svg .before { fill: none; stroke: var(--baseline); stroke-width: 1.5; }
svg .tick { stroke: var(--baseline); stroke-width: 3; }
svg .trend { fill: none; stroke: var(--soft); stroke-width: 1.5; opacity: 0.7; }
svg .assigned { fill: var(--assigned); } svg .in_review { fill: var(--in_review); }
svg .rejected { fill: var(--rejected); } svg .failed { fill: var(--failed); }
svg .in_flight { fill: var(--in_flight); }
svg .OK, svg .WATCH, svg .ACT, svg .NOT { fill: var(--tone); }
.t-baseline { --tone: var(--baseline); }

.wide { overflow-x: auto; margin-top: 0.5rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.92rem; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: 0.85rem; }
th.number { text-align: right; }
th, td { padding: 0.3rem 0.7rem 0.3rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; }
tr:last-child td { border-bottom: 0; }
td.number:last-child, th.number:last-child { padding-right: 0.2rem; }
.in-force td { font-weight: 650; }

.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr));
  gap: 0.6rem; margin-top: 0.75rem; }
.pictures li { border: 1px solid var(--line); border-radius: 8px; background: var(--panel);
  overflow: hidden; font-size: 0.82rem; }
.pictures img, .pictures .blank { display: block; width: 100%; height: 8rem; object-fit: contain;
  background: var(--ground); }
.pictures .blank { display: grid; place-items: center; color: var(--soft); }
.pictures .soft { font-size: inherit; }
.pictures p { padding: 0.35rem 0.55rem; overflow-wrap: anywhere; }
details { margin-top: 0.35rem; border: 1px solid var(--line); border-radius: 8px;
  background: var(--panel); padding: 0.4rem 0.8rem; }
summary { cursor: pointer; }
details li { font-size: 0.85rem; overflow-wrap: anywhere; padding: 0.1rem 0; }
code { font: 0.85em ui-monospace, monospace; overflow-wrap: anywhere; }
#words dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.3rem 1rem;
  padding: 0.5rem 0; font-size: 0.92rem; }
#words dt { font-weight: 600; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); }
@media print {
  :root { --ground: #fff; --panel: #fff; }
  body { font-size: 10pt; max-width: none; padding: 0; }
  section, figure, .panel, .loud li { break-inside: avoid; }
  .wide { overflow: visible; }
}
@media (max-width: 30rem) {
  .verdict { padding: 1rem; }
  .verdict strong { font-size: 1.8rem; }
  .counts { grid-template-columns: repeat(auto-fill, minmax(6.4rem, 1fr)); }
  .counts dd { font-size: 1.2rem; }
  .counts div { padding: 0.5rem; }
  svg text, svg text.soft { font-size: 12px; }
  table { font-size: 0.85rem; }
  th, td { padding-right: 0.5rem; }
  .number { white-space: normal; }
  /* Seven columns have no room: each check becomes a block, its figures named in one line. */
  #checks thead { display: none; }
  #checks tr { display: flex; flex-wrap: wrap; gap: 0 0.9rem; padding: 0.6rem 0;
    border-bottom: 1px solid var(--line); }
  #checks td { border: 0; padding: 0; color: var(--soft); }
  #checks td:first-child { flex: 0 0 4.6rem; }
  #checks td:nth-child(2) { flex: 0 0 calc(100% - 5.5rem); color: var(--ink); }
  #checks td:nth-child(3)::before { content: "n "; }
  #checks td:nth-child(4)::before { content: "statistic "; }
  #checks td:nth-child(5)::before { content: "at 1 % "; }
  #checks td:nth-child(6)::before { content: "effect "; }
  #checks td:nth-child(7)::before { content: "floor "; }
}
"""
