"use strict";
(() => {
  // Texts in the figures are written for Plotly (plotly_text() in C++); a file wants them plain.
  const plain = (text) => text.replace(/\u200b+$/, "").replace(/&lt;/g, "<").replace(/&gt;/g, ">")
    .replace(/&#123;/g, "{").replace(/&amp;/g, "&");
  const field = (value) => {
    const text = String(value ?? "");
    return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  };
  const read = (place) => JSON.parse(document.getElementById("data-" + place.id).textContent);

  // The values of a figure, one a line; an undefined value is empty.
  function csv(figure) {
    const cells = figure.data.filter((trace) => trace.meta.kind === "cells");
    const curves = figure.data.filter((trace) => ["curve", "bar"].includes(trace.meta.kind));
    const rows = [];
    if (cells.length > 0) rows.push(["row", "panel", "x", "y", "value"]);
    for (const { meta, x, y, z } of cells) {
      z.forEach((line, j) => line.forEach((value, i) =>
        rows.push([meta.row, meta.panel, plain(x[i]), plain(y[j]), value])));
    }
    if (curves.length > 0) rows.push(["row", "panel", "series", "x", "value", "low", "high"]);
    for (const { meta, x, y, text } of curves) {
      x.forEach((at, i) => rows.push([meta.row, meta.panel, meta.series,
        meta.kind === "bar" ? plain(text[i]) : at, y[i], meta.low?.[i], meta.high?.[i]]));
    }
    return rows.map((row) => row.map(field).join(",") + "\n").join("");
  }

  function download(name, text) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  // A click on a line of the legend hides the curves of its colour, of its dashes if it is black.
  function controls(key, keys, trace) {
    if (trace.meta.series === undefined) return false;
    if (key.color < 0) return trace.meta.dash === key.dash;
    const alone = keys.filter((other) => other.color === key.color).length === 1;
    return trace.meta.color === key.color && (alone || trace.meta.dash === key.dash);
  }
  function toggle(plot, clicked) {
    const traces = plot.data;
    traces[clicked].visible = traces[clicked].visible === "legendonly" ? true : "legendonly";
    const keys = traces.filter((trace) => trace.meta.kind === "key");
    const visible = traces.map((trace) => trace.meta.kind === "key" ? trace.visible ?? true :
      !keys.some((key) => key.visible === "legendonly" &&
        controls(key.meta, keys.map((one) => one.meta), trace)));
    Plotly.restyle(plot, { visible });
  }

  // What a hover label says of the points of a curve: the value and its interval, all digits.
  function hover({ meta, y }) {
    return y.map((value, i) => (value ?? "undefined") + ((meta.low?.[i] ?? null) === null ? "" :
      "<br>interval: " + meta.low[i] + " to " + meta.high[i]));
  }

  // The band of a curve as closed outlines, one for each stretch without a gap; their thin line
  // shows the interval of a point that stands alone.
  function band(curve, isFaint, isLog) {
    const { low, high } = curve.meta;
    const inside = (value) => value !== null && (!isLog || value > 0);
    const x = [], y = [];
    for (let begin = 0; begin < low.length; ++begin) {
      let end = begin;
      while (end < low.length && inside(low[end]) && inside(high[end])) ++end;
      if (end === begin) continue;
      if (x.length > 0) { x.push(null); y.push(null); }
      const xs = curve.x.slice(begin, end);
      x.push(...xs, ...xs.slice().reverse());
      y.push(...low.slice(begin, end), ...high.slice(begin, end).reverse());
      begin = end;
    }
    const { series, color, dash } = curve.meta;
    return { type: "scatter", mode: "lines", x, y, xaxis: curve.xaxis, yaxis: curve.yaxis,
      fill: "toself", fillcolor: curve.line.color + (isFaint ? "1c" : "30"),
      line: { width: 1, color: curve.line.color + "40" },
      hoverinfo: "skip", showlegend: false, meta: { kind: "band", series, color, dash } };
  }

  // The figure with what C++ leaves to the page; bands lie below all curves.
  function complete({ data, layout }) {
    const bands = [];
    for (const trace of data) {
      if (trace.meta.kind === "cells") {
        trace.customdata = trace.z.map((row) => row.map((value) => value ?? "undefined"));
        const limit = trace.meta.log_limit;
        if (limit !== undefined) {  // shade() in C++
          trace.z = trace.z.map((row) => row.map((value) => value === null ? null :
            Math.sign(value) * Math.log1p(100 * Math.abs(value) / limit) / Math.log(101)));
        }
      } else if (trace.meta.kind === "bar") {
        trace.customdata = hover(trace);
      } else if (trace.meta.kind === "curve") {
        trace.customdata = hover(trace);
        if (trace.meta.low === undefined) continue;
        const isFaint = data.filter((other) => other.meta.kind === "curve" &&
          other.xaxis === trace.xaxis).length > 6;
        const isLog = layout[trace.yaxis.replace("y", "yaxis")].type === "log";
        bands.push(band(trace, isFaint, isLog));
      }
    }
    return { data: [...bands, ...data], layout };
  }

  // Figures come in the colours of a light page; on a dark one their greys change places. Texts in
  // cells keep theirs, which go with the colour of the cell.
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const greys = { "#ffffff": "rgba(0,0,0,0)", "#1c1e21": "#e8eaed", "#222222": "#e8eaed",
    "#444444": "#aab0b7", "#e6e6e6": "#33383e", "#6b6b6b": "#9aa1a9", "#8a8a8a": "#9aa1a9",
    "#dcdcdc": "#3a3f46", "#9a9a9a": "#6d747c" };
  const hues = { "#de6164": "#ee8562", "#c23c81": "#e0709a", "#9512a1": "#cf6fd0",
    "#6100a7": "#b08cf0", "#2a0f8a": "#a9b4ff", "#0072b2": "#4aa8e0", "#d55e00": "#f58a45", "#009e73": "#35c39a",
    "#666666": "#a5abb3" };
  function darkened(value) {
    if (typeof value === "string") {
      return greys[value] ?? (/^#[0-9a-f]{6}/i.test(value) && hues[value.slice(0, 7).toLowerCase()]
        ? hues[value.slice(0, 7).toLowerCase()] + value.slice(7) : value);
    }
    if (Array.isArray(value)) return value.map(darkened);
    if (value === null || typeof value !== "object") return value;
    const isOnCell = value.meta?.kind !== "labels";
    return Object.fromEntries(Object.entries(value).map(([name, part]) =>
      [name, isOnCell && name === "textfont" || ["colorscale", "z", "x", "y", "text", "meta", "customdata"].includes(name)
        ? part : name === "hoverlabel" ? { ...part, bgcolor: "#202327",
          font: { ...part.font, color: "#e8eaed" } } : darkened(part)]));
  }

  // Panels below one another where the window has no room for their columns.
  const room = (place) => place.parentElement.clientWidth;
  const isNarrow = (place, figure) => figure.narrow !== undefined &&
    room(place) < parseFloat(place.dataset.minWidth);
  function placed(place, figure) {
    const { narrow } = figure;
    place.dataset.narrow = isNarrow(place, figure);
    place.style.minWidth = narrow && place.dataset.narrow === "true"
      ? Math.min(parseFloat(place.dataset.minWidth), 0.95 * narrow.width) + "px"
      : place.dataset.minWidth;
    place.style.height = (place.dataset.narrow === "true" ? narrow : figure.layout).height + "px";
    if (place.dataset.narrow !== "true") return figure;
    const bars = new Map(narrow.colorbars);
    return { data: figure.data.map((trace, i) => bars.has(i) ? { ...trace, colorbar: bars.get(i) } :
      trace), layout: { ...figure.layout, title: undefined, ...narrow.layout } };
  }

  async function newPlot(place) {
    const made = complete(placed(place, read(place)));
    const figure = dark.matches ? darkened(made) : made;
    place.textContent = "";
    return Plotly.newPlot(place, figure.data, figure.layout, {
      // A list of our own, so that no button sends the data anywhere (Plotly has one that does).
      modeBarButtons: [["toImage"], ["zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]],
      displaylogo: false, showSendToCloud: false, plotlyServerURL: "", topojsonURL: "",
      responsive: true, doubleClick: "reset",
      toImageButtonOptions: { format: "png", filename: place.dataset.name, scale: 2 },
    });
  }
  function draw(place) {
    newPlot(place).then((plot) => {
      plot.on("plotly_legendclick", (event) => { toggle(plot, event.curveNumber); return false; });
      plot.on("plotly_legenddoubleclick", () => false);
      place.dataset.state = "drawn";
    }).catch((error) => {
      place.dataset.state = "failed";
      place.textContent = "This figure could not be drawn: " + error;
      console.error(error);
    });
  }

  const waiting = new Set(document.querySelectorAll(".plot"));
  const distance = (place) => {
    const box = place.getBoundingClientRect();
    return box.bottom < 0 ? -box.bottom : Math.max(0, box.top - innerHeight);
  };
  function drawNearest() {
    let nearest = null;
    for (const place of waiting) {
      if (nearest === null || distance(place) < distance(nearest)) nearest = place;
    }
    if (nearest === null) return;
    waiting.delete(nearest);
    draw(nearest);
    setTimeout(drawNearest, 0);
  }
  function redraw(isWanted) {
    for (const place of document.querySelectorAll(".plot")) {
      if (!waiting.has(place) && isWanted(place)) draw(place);
    }
  }
  dark.addEventListener("change", () => redraw(() => true));
  addEventListener("resize", () =>
    redraw((place) => String(isNarrow(place, read(place))) !== place.dataset.narrow));
  // A link to what is folded opens it.
  function open() {
    document.getElementById(location.hash.slice(1))?.querySelector("details")
      ?.setAttribute("open", "");
  }
  addEventListener("hashchange", open);
  open();
  addEventListener("beforeprint", () => { waiting.forEach(draw); waiting.clear(); });
  for (const button of document.querySelectorAll("button.csv")) {
    const place = document.getElementById(button.dataset.figure);
    button.addEventListener("click", () => download(place.dataset.name + ".csv", csv(read(place))));
  }
  drawNearest();
})();
