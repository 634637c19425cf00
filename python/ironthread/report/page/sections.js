// The sections of the page. One that has nothing to tell is null.

function summary(data) {
  const share = data.elapsed > 0 ? ` (${percent(data.cpu / data.elapsed)})` : "";
  const figures = [
    ["ran", duration(data.elapsed)],
    ["CPU time", duration(data.cpu) + share],
    ["threads started", count(data.threads.started)],
    ["alive at once", `${count(data.threads.peak)} at most`],
  ];
  const boxes = figures.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value)));
  return element(
    "header", {},
    element("p", { class: "brand" }, "ironthread"),
    element("h1", {}, data.program.join(" ")),
    element("p", { class: "soft" }, `process ${data.process}, in ${data.directory}`),
    element("dl", { class: "figures" }, ...boxes),
  );
}

function verdict(data) {
  if (!data.verdict.length) return null;
  const texts = data.verdict.flatMap(({ finding, advice }) => [
    element("p", {}, element("strong", {}, finding)), element("p", {}, advice),
  ]);
  const section = card("verdict", "What limits it", "", ...texts);
  section.classList.add("alarms");
  return section;
}

function alarms(data) {
  const lines = [...data.starved, ...data.saturated];
  if (!lines.length && !data.told.length) return null;
  const told = data.told.map((each) => element(
    "details", {},
    element("summary", {}, `${each.title}: ${each.headline}`),
    element("pre", { tabindex: "0" }, each.text),
  ));
  const list = element("ul", {}, ...lines.map((text) => element("li", {}, text)));
  const section = card("alarms", "To look into", "", ...told, ...(lines.length ? [list] : []));
  section.classList.add("alarms");
  return section;
}

function timeline(data) {
  if (data.timeline === null) return null;
  const { omitted, resolution } = data.timeline;
  const left = omitted ? ` ${count(omitted)} waits of at most ${duration(resolution)} are not shown: there a thread looks awake.` : "";
  const keys = "Drag to move, double-click or Ctrl and the wheel to zoom. In a lane: ← → from wait to wait, + − 0 zoom.";
  const parts = [
    ["awake", "awake"], ["gil", "waiting for the GIL"], ["locks", "locks"], ["queues", "queues"],
    ["joins", "joins"], ["elsewhere", "other waits"],
  ];
  return card("timeline", "Timeline", `What each thread waited for.${left} ${keys}`, legend(parts), ...new Lanes(data).nodes());
}

function threads(data) {
  const rows = data.threads.list;
  const lived = (thread) => (thread.ended ?? data.elapsed) - thread.started;
  const longest = Math.max(...rows.map(lived), 1e-6);
  const columns = [
    nameColumn("thread", label),
    timeColumn("lived", lived),
    { head: "time", kind: "chart", value: lived, show: (_, thread) => timeBar(thread.time, longest) },
    ...PARTS.map((part) => timeColumn(part === "gil" ? "GIL" : part, (thread) => thread.time[part])),
    countColumn("overtaken", (thread) => thread.overtaken),
  ];
  const { others } = data.threads;
  const more = others ? ` Without ${count(others.count)} threads that ended before.` : "";
  const note = `What the time of each thread went to.${more}`;
  return card("threads", "Threads", note, legend(PARTS.map((part) => [part, PART_NAMES[part]])), table("Threads", columns, rows));
}

function waits(data) {
  const rows = data.waits;
  if (!rows.length) return null;
  const columns = [
    nameColumn("waited for", (site) => site.kind),
    placeColumn("made at", data.directory),
    countColumn("waits", (site) => site.count),
    timeColumn("total", (site) => site.total),
    ...spreadColumns("", rows, (site) => site),
    timeColumn("occupied", (site) => site.occupied),
  ];
  const note = "By the line that made what was waited for. Occupied: at least one thread waited. Charts have a logarithmic scale.";
  return card("waits", "Waits", note, table("Waits", columns, rows));
}

function locks(data) {
  const rows = data.locks;
  if (!rows.length) return null;
  const mostly = (lock) => {
    const total = lock.blockers.reduce((sum, each) => sum + each.total, 0);
    const first = lock.blockers.find((each) => each.name !== null);
    return first && total ? `${first.name || "?"} ${percent(first.total / total)}` : "-";
  };
  const columns = [
    nameColumn("lock", (lock) => lock.kind),
    placeColumn("made at", data.directory),
    countColumn("acquired", (lock) => lock.acquired),
    percentColumn("contended", (lock) => (lock.acquired ? lock.contended / lock.acquired : 0)),
    ...spreadColumns("held", rows, (lock) => lock.held),
    nameColumn("mostly by", mostly),
  ];
  const note = "Held: of one hold in 64. Mostly by: who held it as others came.";
  return card("locks", "Locks", note, table("Locks", columns, rows));
}

function queues(data) {
  const rows = data.queues;
  if (!rows.length) return null;
  const bar = (head, value) => barColumn(head, value, (seconds) => seconds / (data.elapsed || 1), duration);
  const columns = [
    placeColumn("queue made at", data.directory),
    countColumn("puts", (queue) => queue.puts),
    countColumn("gets", (queue) => queue.gets),
    countColumn("deepest", (queue) => queue.deepest),
    countColumn("typical", (queue) => queue.typical),
    bar("full", (queue) => queue.full),
    bar("empty", (queue) => queue.empty),
  ];
  const note = "Full: producers were held back. Empty: consumers waited for items. Bars: of the run.";
  return card("queues", "Queues", note, table("Queues", columns, rows));
}

function pools(data) {
  const rows = data.pools;
  if (!rows.length) return null;
  const columns = [
    nameColumn("pool", (pool) => `${pool.name || "pool"} × ${pool.workers}`),
    placeColumn("made at", data.directory),
    countColumn("calls", (pool) => pool.ended),
    countColumn("failed", (pool) => pool.failed),
    countColumn("cancelled", (pool) => pool.cancelled),
    barColumn("busy", (pool) => pool.utilisation, (busy) => busy, percent),
    { head: "calls/s", kind: "number", value: (pool) => pool.per_second, show: (rate) => rate.toFixed(1) },
    countColumn("deepest", (pool) => pool.depth.deepest),
    ...spreadColumns("queued", rows, (pool) => pool.queued),
    ...spreadColumns("ran", rows, (pool) => pool.ran),
    timeColumn("saturated", (pool) => pool.saturated.total),
  ];
  const note = "Queued: how long calls waited for a worker. Saturated: all workers were busy while calls waited.";
  return card("pools", "Pools", note, table("Pools", columns, rows));
}

function stillWaiting(data) {
  const rows = data.threads.list.filter((thread) => thread.waiting !== null);
  if (!rows.length) return null;
  const columns = [
    nameColumn("thread", label),
    nameColumn("for", (thread) => thread.waiting.kind),
    placeColumn("made at", data.directory, (thread) => thread.waiting.origin),
    nameColumn("held by", (thread) => (thread.waiting.holder ? label(thread.waiting.holder) : "-")),
    timeColumn("since", (thread) => data.elapsed - thread.waiting.since),
  ];
  return card("still-waiting", "Still waiting", "When the program ended.", table("Still waiting", columns, rows));
}
