/** htmlStyle is the style sheet of the HTML report: light and dark, no fonts or pictures from elsewhere. */
export const htmlStyle = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--text:#1c2128;--soft:#59636e;--line:#d8dee4;
--canary:#d9480f;--stable:#1c6fd1;--good:#1a7f37;--bad:#cf222e;--open:#9a6700;--running:#0a7ea4;--code:#eef1f4}
@media (prefers-color-scheme:dark){:root{--bg:#0d1117;--card:#161b22;--text:#e6edf3;--soft:#9aa4af;--line:#30363d;
--canary:#ff8a4c;--stable:#6cb0ff;--good:#4ac26b;--bad:#ff7b72;--open:#d8a33a;--running:#53c7e6;--code:#22272e}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1060px;margin:0 auto;padding:28px 20px 48px}
header{border-left:6px solid var(--tone);padding:2px 0 2px 18px;margin:0 0 24px}
.kicker{margin:0 0 4px;color:var(--tone);font-weight:650;letter-spacing:.04em;text-transform:uppercase;font-size:13px}
h1{font-size:26px;line-height:1.25;margin:0;overflow-wrap:anywhere;text-wrap:balance}
h2{font-size:17px;margin:0 0 10px}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:18px 20px;margin:0 0 18px}
.good{--tone:var(--good)}.bad,.danger{--tone:var(--bad)}.open{--tone:var(--open)}.running{--tone:var(--running)}
header .detail{margin:10px 0 0;color:var(--soft);max-width:75ch;overflow-wrap:anywhere}
dl{display:flex;flex-wrap:wrap;gap:8px 28px;margin:14px 0 0}
dl div{min-width:0}dt{color:var(--soft);font-size:13px}dd{margin:0;overflow-wrap:anywhere;font-weight:550}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;font-size:17px;font-weight:650;padding:0 0 10px}
th,td{padding:9px 12px;border-top:1px solid var(--line);vertical-align:top;white-space:nowrap}
.right{text-align:right}.left{text-align:left}td.left{white-space:normal;min-width:210px;overflow-wrap:anywhere}
thead th{border-top:0;color:var(--soft);font-weight:550;font-size:13px;vertical-align:bottom}
tbody th{font-size:17px}
td small{display:block;color:var(--soft);font-size:13px}
.badge{display:inline-block;border:1px solid var(--tone);color:var(--tone);border-radius:999px;padding:0 9px;font-size:13px;font-weight:650;white-space:nowrap}
.legend{display:flex;flex-wrap:wrap;gap:4px 20px;margin:0 0 6px;color:var(--soft);font-size:14px;list-style:none;padding:0}
.legend li::before{content:"";display:inline-block;width:18px;height:3px;border-radius:2px;margin-right:7px;vertical-align:middle;background:var(--key)}
.legend .canary{--key:var(--canary)}.legend .stable{--key:var(--stable)}
.legend .target::before{background:none;border-top:2px dashed var(--soft);height:0}
svg{display:block;width:100%;height:auto}
svg text{fill:var(--soft);font-size:12.5px;font-family:inherit}
svg .step{fill:var(--text);font-weight:600;font-size:13px}
.grid{stroke:var(--line);fill:none}.axis{stroke:var(--soft);fill:none}
.band{fill:var(--tone);opacity:.08}.edge{stroke:var(--tone);fill:none;stroke-dasharray:3 3}
.mark circle{fill:var(--tone)}.mark path{stroke:var(--card);stroke-width:2;fill:none;stroke-linecap:round;stroke-linejoin:round}
.side path{fill:none;stroke:var(--side);stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}
.side circle{fill:var(--side);opacity:.55}.side circle:hover{opacity:1;stroke:var(--side);stroke-width:4}
.side.canary{--side:var(--canary)}.side.stable{--side:var(--stable)}
.target{fill:none;stroke:var(--soft);stroke-width:2;stroke-dasharray:6 5}
section p{margin:0 0 8px}section p+pre{margin:0 0 12px}.scroll+p{margin-top:12px}section>:last-child{margin-bottom:0}
ul{margin:0;padding-left:20px}li{margin:5px 0;overflow-wrap:anywhere}
.legend li{margin:0}
pre{background:var(--code);border-radius:7px;padding:10px 13px;margin:8px 0 0;overflow-x:auto;font-size:13.5px}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
summary{cursor:pointer;font-weight:650;font-size:17px}details[open]>summary{margin-bottom:10px}
.level{font-weight:650;color:var(--tone)}
section.warned{border-color:var(--open)}
time,.soft{color:var(--soft)}a{color:var(--stable)}
footer{color:var(--soft);font-size:14px}
@media (max-width:560px){main{padding:18px 12px 32px}h1{font-size:21px}section{padding:14px 12px}svg{min-width:620px}}
@media print{body{background:#fff}section{break-inside:avoid}*{print-color-adjust:exact}details::details-content{content-visibility:visible;display:block}}
`
