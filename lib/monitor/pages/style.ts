import { raw } from './markup';

/**
 * Light and dark as the reader's system has it. A mail client that drops this leaves headings, lists and tables in their
 * order, which can be read as they are.
 */
export const style = raw(`
:root { color-scheme: light dark; --ink: #1b1f24; --quiet: #57606a; --page: #ffffff; --card: #f6f8fa; --line: #d0d7de; --link: #0550ae;
  --critical: #a40e26; --high: #953800; --medium: #6f5200; --low: #57606a; --ok: #116329; --one: #0550ae; --two: #953800; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --quiet: #9da7b1; --page: #0d1117; --card: #161b22; --line: #3d444d; --link: #79b8ff;
    --critical: #ff9a9a; --high: #ffb27a; --medium: #e3c766; --low: #9da7b1; --ok: #7ee787; --one: #79b8ff; --two: #ffb27a; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main, header, footer { max-width: 62rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 1.5rem; } footer { padding-bottom: 2rem; color: var(--quiet); font-size: .875rem; }
h1 { font-size: 1.5rem; line-height: 1.2; margin: 0 0 .25rem; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; } h3 { font-size: 1rem; margin: 1.25rem 0 .5rem; }
p { margin: .25rem 0 .5rem; } a { color: var(--link); } a:focus-visible, button:focus-visible, input:focus-visible, summary:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.quiet { color: var(--quiet); } .lead { font-size: 1.05rem; }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: .75rem; padding: 0; margin: .75rem 0; list-style: none; }
.tiles li { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .75rem; }
.tiles strong { display: block; font-size: 1.35rem; line-height: 1.2; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; } .tiles span { font-size: .875rem; }
.items { list-style: none; padding: 0; margin: 0; }
.items > li { border: 1px solid var(--line); border-left-width: .35rem; border-radius: .4rem; padding: .6rem .8rem; margin: 0 0 .6rem; background: var(--card); overflow-wrap: anywhere; }
.items > li.critical { border-left-color: var(--critical); } .items > li.high { border-left-color: var(--high); }
.items > li.medium { border-left-color: var(--medium); } .items > li.low { border-left-color: var(--low); }
.items p { margin: .15rem 0; }
.level { font-weight: 700; } .critical > .level, .level.critical, .level.breach { color: var(--critical); } .level.high { color: var(--high); }
.level.medium, .level.warn { color: var(--medium); } .level.low { color: var(--low); } .level.ok { color: var(--ok); }
code { font: .9em ui-monospace, SFMono-Regular, Menlo, monospace; unicode-bidi: isolate; overflow-wrap: anywhere; }
.brief { padding-left: 1.2rem; margin: 0 0 .6rem; } .brief li { overflow-wrap: anywhere; margin: 0 0 .15rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; } th { font-size: .875rem; color: var(--quiet); font-weight: 600; overflow-wrap: normal; } th[scope=row] { color: inherit; font-size: 1rem; font-weight: 400; overflow-wrap: anywhere; } .broad th[scope=row] { min-width: 9rem; }
td.number, th.number { text-align: right; padding-right: 1rem; }
.wide { overflow-x: auto; } h1, h2, p, li { overflow-wrap: anywhere; }
figure { margin: .75rem 0; } figcaption { font-weight: 600; } svg { width: 100%; height: auto; display: block; }
svg .axis { stroke: var(--line); } svg text { fill: var(--quiet); font: 11px system-ui, sans-serif; }
svg .one { stroke: var(--one); fill: none; stroke-width: 2; stroke-linecap: round; } svg .two { stroke: var(--two); fill: none; stroke-width: 2; stroke-linecap: round; stroke-dasharray: 6 3; }
form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end; margin: .5rem 0; }
input[type=search] { font: inherit; padding: .4rem .6rem; min-width: 14rem; max-width: 100%; color: inherit; background: var(--page); border: 1px solid var(--quiet); border-radius: .35rem; }
button { font: inherit; padding: .4rem .9rem; border-radius: .35rem; border: 1px solid var(--quiet); background: var(--card); color: inherit; cursor: pointer; }
details { margin: 0 0 .6rem; } details > summary { cursor: pointer; color: var(--link); padding: .4rem 0; }
.skip { position: absolute; left: -99rem; } .skip:focus { left: 1rem; top: .5rem; background: var(--page); padding: .5rem; }
@media (max-width: 40rem) { .tiles { grid-template-columns: repeat(2, 1fr); } .broad { min-width: 42rem; } }
@media print { details::details-content { content-visibility: visible; display: block; } summary, form, label { display: none; } .items > li, tr, figure { break-inside: avoid; } }
`);
