#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Opens reports in headless Chromium:  report_browser.sh REPORT_PAGE ANALYZE_LOO RUN
# REPORT_PAGE is the program of report_page.cpp, RUN a run of loo. Nothing may reach the console, no
# request may be made, every figure must be drawn. 77: no browser, or no Plotly in this build.
set -euo pipefail
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
  { echo "skipped: no chromium in PATH"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() { echo "report_browser: $*" >&2; exit 1; }

# What the page does once all figures are drawn; the answers become attributes that --dump-dom shows.
cat >"$folder/probe.html" <<'HTML'
<script>
"use strict";
// --dump-dom waits for the end of loading, and this frame ends it when all questions are answered.
const frame = document.body.appendChild(document.createElement("iframe"));
frame.contentDocument.open();
(async () => {
  const answers = {};
  const plots = [...document.querySelectorAll(".plot")];
  while (plots.some((plot) => !plot.dataset.state)) await new Promise((go) => setTimeout(go, 50));
  answers.plots = plots.length;
  answers.drawn = plots.filter((plot) => plot.dataset.state === "drawn").length;
  answers.hacked = "hacked" in window;
  answers.narrow = plots.filter((plot) => plot.dataset.narrow === "true").length;
  answers.overflow = document.documentElement.scrollWidth > innerWidth;
  const kind = (plot, name) => plot.data.filter((trace) => trace.meta.kind === name);
  const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);
  const elements = (plot, selector) => plot.querySelectorAll(selector).length;
  answers.maps = sum(plots.map((plot) => kind(plot, "cells").length)) -
    sum(plots.map((plot) => elements(plot, ".heatmaplayer image")));
  answers.panels = sum(plots.map((plot) =>
    Object.keys(plot.layout).filter((key) => key.startsWith("xaxis")).length)) -
    sum(plots.map((plot) => elements(plot, ".cartesianlayer .subplot")));
  answers.titles = plots.every((plot) => plot.querySelector(".gtitle") === null ||
    plot.querySelector(".gtitle").textContent.length > 5);
  // Buttons: our own list, so none that sends data away.
  answers.buttons = [...new Set([...document.querySelectorAll(".modebar-btn")]
    .map((button) => button.dataset.title ?? button.getAttribute("aria-label")))].join(", ");
  // Every digit of a value, and "undefined", in the hover labels.
  for (const plot of plots) {
    const at = plot.data.findIndex((trace) => trace.meta.kind === "cells" &&
      trace.z.some((row) => row.includes(null)));
    if (at < 0) continue;
    const trace = plot.data[at];
    const y = trace.z.findIndex((row) => row.includes(null));
    const x = trace.z[y].indexOf(null);
    Plotly.Fx.hover(plot, { xval: x, yval: y }, trace.xaxis + trace.yaxis);
    await new Promise((go) => setTimeout(go, 100));
    answers.hover = (answers.hover ?? "") + plot.querySelector(".hoverlayer").textContent + " | ";
  }
  for (const plot of plots) {
    const point = ({ y, meta }) =>
      y.findIndex((value, k) => value !== null && (meta.low?.[k] ?? null) !== null);
    const at = plot.data.findIndex((trace) => trace.meta.kind === "curve" && point(trace) >= 0);
    if (at < 0) continue;
    const { y, meta, xaxis, yaxis } = plot.data[at];
    const i = point(plot.data[at]);
    Plotly.Fx.hover(plot, [{ curveNumber: at, pointNumber: i }], xaxis + yaxis);
    await new Promise((go) => setTimeout(go, 100));
    if (!plot.querySelector(".hoverlayer").textContent
      .endsWith(": " + y[i] + "interval: " + meta.low[i] + " to " + meta.high[i])) {
      answers.digits = plot.querySelector(".hoverlayer").textContent;
    }
    answers.bands = (answers.bands ?? 0) + elements(plot, ".scatterlayer .js-fill") -
      kind(plot, "band").filter((trace) => trace.x.length > 0).length;
  }
  // The CSV of a figure has a line for every value.
  const blobs = [];
  const create = URL.createObjectURL;
  URL.createObjectURL = (blob) => { blobs.push(blob); return create(blob); };
  answers.csv = 0;
  for (const button of document.querySelectorAll("button.csv")) {
    button.click();
    const lines = (await blobs.pop().text()).trimEnd().split("\n").length;
    const plot = document.getElementById(button.dataset.figure);
    const values = sum(kind(plot, "cells").map((trace) => trace.z.flat().length)) +
      sum(kind(plot, "curve").map((trace) => trace.y.length)) +
      sum(kind(plot, "bar").map((trace) => trace.y.length));
    if (lines !== values + 1) ++answers.csv;
    if (plot.dataset.name === "hostile") {
      button.click();
      answers.text = (await blobs.pop().text()).split("\n")[1];
    }
    if (plot.dataset.name === "bars") {
      button.click();
      answers.bar = (await blobs.pop().text()).split("\n")[2];
      answers.hover_bar = kind(plot, "bar")[0].customdata;
      answers.rectangles = elements(plot, ".bars .point path");
    }
  }
  URL.createObjectURL = create;
  // A picture of a figure, and the legend as a switch.
  answers.png = (await Plotly.toImage(plots[0], { format: "png" })).slice(0, 14);
  for (const plot of plots) {
    const key = plot.data.findIndex((trace) => trace.meta.kind === "key" && trace.meta.color === 0);
    if (key < 0 || kind(plot, "curve").length === 0) continue;
    const hidden = () => kind(plot, "curve").filter((trace) => trace.visible === false).length;
    plot.emit("plotly_legendclick", { curveNumber: key });
    const wanted = kind(plot, "curve").filter((trace) => trace.meta.color === 0).length;
    answers.legend = (answers.legend ?? 0) + Math.abs(hidden() - wanted);
    plot.emit("plotly_legendclick", { curveNumber: key });
    answers.legend += hidden();
  }
  answers.requests = performance.getEntriesByType("resource").map((entry) => entry.name)
    .filter((name) => !/^(data|blob):/.test(name)).join(" ");
  document.documentElement.setAttribute("data-answers", JSON.stringify(answers));
})().catch((error) => console.error("probe: " + error.stack))
  .finally(() => frame.contentDocument.close());
</script>
HTML

# open NAME [WIDTH]: the answers about $folder/NAME.html in $answers.
open() {
  cat "$folder/probe.html" >>"$folder/$1.html"
  timeout 300 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$folder/profile" \
    --window-size="${2:-1300},2000" --enable-logging=stderr --v=0 \
    --dump-dom "file://$folder/$1.html" >"$folder/$1.dom" 2>"$folder/$1.err" ||
    fail "$1: the browser failed: $(tail -n 3 "$folder/$1.err")"
  if grep CONSOLE "$folder/$1.err" >&2; then fail "$1: the console is not empty (above)"; fi
  answers=$(grep -o 'data-answers="[^"]*"' "$folder/$1.dom" | head -n 1 |
    sed 's/^data-answers="//; s/"$//; s/&quot;/"/g; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g' || true)
  [ -n "$answers" ] || fail "$1: the page never finished"
  echo "$1: $answers"
}
# answer KEY: its value as JSON; expect KEY VALUE.
answer() { python3 -c 'import json, sys; print(json.dumps(json.loads(sys.argv[1]).get(sys.argv[2])))' "$answers" "$1"; }
expect() { [ "$(answer "$1")" = "$2" ] || fail "$name: $1 is $(answer "$1"), expected $2"; }

"$1" >"$folder/page.html"
grep -q 'class="plot"' "$folder/page.html" || { echo "skipped: built without plotly.min.js"; exit 77; }
"$2" "$3" --out "$folder/loo" --bootstrap 50 2>/dev/null >/dev/null
cp "$folder/loo/report.html" "$folder/report.html"
[ "$(stat -c %s "$folder/report.html")" -le 6000000 ] || fail "the report is larger than 6 MB"

for name in page report; do
  figures=$(grep -c '<figure' "$folder/$name.html")
  open "$name"
  expect plots "$figures"
  expect drawn "$figures"
  expect hacked false
  expect maps 0
  expect panels 0
  expect titles true
  expect csv 0
  expect requests '""'
  expect png '"data:image/png"'
  expect legend 0
  expect digits null
  # The golden run has fewer than five walks per length: it has no intervals, so no bands.
  if [ "$name" = page ]; then expect bands 0; else expect bands null; fi
  if [ "$name" = page ]; then
    expect bar '",,a,0,-0.5,-1,0.25"'
    expect hover_bar '["1<br>interval: 0.75 to 1.5", "-0.5<br>interval: -1 to 0.25", "undefined"]'
    expect rectangles 12
  fi
  expect buttons '"Download plot as a PNG, Zoom, Pan, Zoom in, Zoom out, Reset axes"'
  case $(answer hover) in *": undefined"*) ;; *) fail "$name: hover says $(answer hover)" ;; esac
  if [ "$name" = report ]; then expect narrow 1; fi  # the rank correlations, six columns of words wide
done

# In a narrow window (500 pixels, the least that Chromium opens) panels stand below one another.
name=narrow
cp "$folder/loo/report.html" "$folder/narrow.html"
open narrow 500
expect drawn "$figures"
expect overflow false
expect panels 0
[ "$(answer narrow)" -ge $((figures - 2)) ] || fail "only $(answer narrow) of $figures figures are narrow"
