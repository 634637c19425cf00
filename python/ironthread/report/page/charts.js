// Small charts in the cells of tables. Each says in words what it shows.

const WIDTH = 170;
const HEIGHT = 14;
const PARTS = ["running", "gil", "locks", "queues", "joins", "elsewhere"];
const PART_NAMES = {
  running: "running", gil: "waiting for the GIL", locks: "locks", queues: "queues", joins: "joins",
  elsewhere: "elsewhere",
};

function chart(kind, text, ...shapes) {
  const attributes = { class: `drawing ${kind}`, role: "img", "aria-label": text, viewBox: `0 0 ${WIDTH} ${HEIGHT}` };
  return drawing("svg", attributes, drawing("title", {}, text), ...shapes);
}

function box(kind, x, width) {
  return drawing("rect", { class: kind, x, y: 1, width: Math.max(width, 0), height: HEIGHT - 2, rx: 2 });
}

// What a thread's time went to; the whole width is `longest` seconds.
function timeBar(time, longest) {
  const known = PARTS.filter((part) => time[part] > 0);
  const text = known.map((part) => `${PART_NAMES[part]} ${duration(time[part])}`).join(", ");
  let x = 0;
  const pieces = known.map((part) => {
    const width = (time[part] / longest) * WIDTH;
    x += width;
    return box(`piece ${part}`, x - width, width);
  });
  return chart("bar", text || "no time", box("track", 0, WIDTH), ...pieces);
}

function shareBar(share, text) {
  return chart("bar", text, box("track", 0, WIDTH), box("share", 0, Math.min(share, 1) * WIDTH));
}

// A bar and what it shows in words.
function measured(share, text) {
  return element("span", { class: "measured" }, shareBar(share, text), text);
}

// A scale for all rows of a table. It is logarithmic: waits differ by factors.
function spreadScale(rows) {
  const times = rows.flatMap((row) => [row.p50, row.longest]).filter((time) => time > 0);
  const least = Math.log(Math.min(...times, 1e-3));
  const most = Math.log(Math.max(...times, 2e-3));
  const inner = WIDTH - 8;
  return (time) => 4 + (inner * (Math.log(Math.max(time, Math.exp(least))) - least)) / (most - least);
}

function spreadChart(row, scale) {
  if (!row.longest) return "-";
  const text = `p50 ${duration(row.p50)}, p95 ${duration(row.p95)}, p99 ${duration(row.p99)}, longest ${duration(row.longest)}`;
  const y = HEIGHT / 2;
  const stroke = (kind, from, to) => drawing("line", { class: kind, x1: from, x2: to, y1: y, y2: y });
  return chart(
    "spread", text,
    stroke("axis", 0, WIDTH),
    stroke("range", scale(row.p50), scale(row.longest)),
    stroke("middle", scale(row.p50), scale(row.p95)),
    drawing("circle", { class: "longest", cx: scale(row.longest), cy: y, r: 3 }),
    drawing("circle", { class: "p50", cx: scale(row.p50), cy: y, r: 4 }),
  );
}
