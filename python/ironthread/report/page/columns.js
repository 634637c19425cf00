// Columns that several tables have.

function nameColumn(head, value) {
  return { head, kind: "name", value };
}

function placeColumn(head, directory, origin = (row) => row.origin) {
  const several = (row) => (row.objects > 1 ? ` × ${count(row.objects)}` : "");
  return {
    head,
    kind: "place",
    value: (row) => place(origin(row), directory),
    show: (value, row) => value + several(row),
    full: (row) => (origin(row) ? `${origin(row).file}:${origin(row).line}` : ""),
  };
}

function countColumn(head, value) {
  return { head, kind: "number", value, show: count };
}

function timeColumn(head, value) {
  const show = (seconds) => (seconds === null ? "?" : seconds === 0 ? "-" : duration(seconds));
  return { head, kind: "number", value, show };
}

function percentColumn(head, value) {
  return { head, kind: "number", value, show: percent };
}

// A bar for a share of 1, and `text(value)` beside it.
function barColumn(head, value, share, text) {
  return { head, kind: "chart", value, show: (shown) => measured(share(shown), text(shown)) };
}

// Percentiles and the longest, as numbers and as a chart of them. `of` gives a row's times.
function spreadColumns(what, rows, of) {
  const scale = spreadScale(rows.map(of));
  const prefix = what ? `${what} ` : "";
  const chartHead = `${prefix}p50 → longest`;
  return [
    { head: chartHead, kind: "chart", value: (row) => of(row).longest, show: (_, row) => spreadChart(of(row), scale) },
    timeColumn(`${prefix}p50`, (row) => of(row).p50),
    timeColumn("p95", (row) => of(row).p95),
    timeColumn("p99", (row) => of(row).p99),
    timeColumn("longest", (row) => of(row).longest),
  ];
}
