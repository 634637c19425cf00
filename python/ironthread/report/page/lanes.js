// All lanes under one axis: zooming, moving, and looking at single waits by pointer and keys.

const LANES = 60; // more are shown on request
const REACH = 3; // pixels by which a short wait may be missed

class Lanes {
  constructor(data) {
    this.tooltip = new Tooltip(data.directory);
    this.viewport = new Viewport(data.elapsed, () => this.draw());
    const threads = data.threads.list;
    this.all = data.timeline.lanes.map((lane, index) => {
      const waits = lane.intervals.map((row) => wait(row, data.timeline, threads));
      return new Lane(threads[index], waits, lane, data.elapsed, this.viewport);
    });
    this.all.forEach((lane) => this.attend(lane));
    this.axis = element("canvas", { class: "axis", "aria-hidden": "true" });
    this.grid = element("div", { class: "lanes" });
    this.more = element("div", { class: "more" });
    this.list(LANES);
    const redraw = () => this.draw();
    new ResizeObserver(redraw).observe(this.grid);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  }

  nodes() {
    const zoom = (text, label, action) => button(text, action, { "aria-label": label });
    const tools = element(
      "div", { class: "tools" },
      zoom("+", "Zoom in", () => this.viewport.zoom(0.5)),
      zoom("−", "Zoom out", () => this.viewport.zoom(2)),
      zoom("←", "Earlier", () => this.viewport.pan(-0.25)),
      zoom("→", "Later", () => this.viewport.pan(0.25)),
      zoom("Whole run", "Show the whole run", () => this.viewport.reset()),
    );
    return [tools, this.grid, this.more, this.tooltip.node];
  }

  list(limit) {
    this.shown = this.all.slice(0, limit);
    const rows = this.shown.flatMap((lane) => [
      element("div", { class: "name", title: label(lane.thread) }, label(lane.thread)), lane.canvas,
    ]);
    this.grid.replaceChildren(element("div"), this.axis, ...rows);
    const rest = this.all.length - this.shown.length;
    const all = button(`Show ${count(rest)} more threads`, () => {
      this.list(this.all.length);
      this.draw();
    });
    this.more.replaceChildren(...(rest > 0 ? [all] : []));
  }

  // Once for each frame of the screen, however much changed before it.
  draw() {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      const colours = currentColours();
      drawAxis(this.axis, this.viewport, colours.soft);
      this.shown.forEach((lane) => lane.draw(colours));
    });
  }

  attend(lane) {
    const { canvas } = lane;
    const share = (event) => event.offsetX / canvas.clientWidth;
    canvas.addEventListener("pointermove", (event) => this.point(lane, share(event), event));
    canvas.addEventListener("pointerleave", () => this.tooltip.hide());
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.point(lane, share(event), event);
    });
    const release = () => canvas.classList.remove("dragged");
    canvas.addEventListener("lostpointercapture", release);
    canvas.addEventListener("dblclick", (event) => this.viewport.zoom(0.5, share(event)));
    canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // the page is scrolled
      event.preventDefault();
      this.viewport.zoom(event.deltaY < 0 ? 0.8 : 1.25, share(event));
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => this.key(lane, event));
    canvas.addEventListener("blur", () => {
      lane.chosen = null;
      this.tooltip.hide();
      this.draw();
    });
    canvas.addEventListener("focus", () => {
      // A click focuses, too, and tells what is under it.
      if (canvas.matches(":focus-visible")) this.choose(lane, 0);
    });
  }

  point(lane, share, event) {
    if (event.buttons === 1 && event.movementX !== 0) {
      lane.canvas.classList.add("dragged");
      this.tooltip.hide();
      this.viewport.pan(-event.movementX / lane.canvas.clientWidth);
      return;
    }
    const slack = (REACH * this.viewport.span) / lane.canvas.clientWidth;
    const index = lane.at(this.viewport.time(share), slack);
    if (index === null) this.tooltip.hide();
    else this.tooltip.show(lane, lane.pieces[index], event.clientX, event.clientY);
  }

  key(lane, event) {
    const last = lane.pieces.length - 1;
    const now = lane.chosen ?? -1;
    const actions = {
      ArrowRight: () => this.choose(lane, Math.min(now + 1, last)),
      ArrowLeft: () => this.choose(lane, Math.max(now - 1, 0)),
      Home: () => this.choose(lane, 0),
      End: () => this.choose(lane, last),
      "+": () => this.viewport.zoom(0.5, this.middle(lane)),
      "-": () => this.viewport.zoom(2, this.middle(lane)),
      0: () => this.viewport.reset(),
      Escape: () => this.tooltip.hide(),
    };
    if (!(event.key in actions) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    actions[event.key]();
  }

  // Where the chosen piece is, as a share of the width.
  middle(lane) {
    const piece = lane.pieces[lane.chosen];
    const share = piece ? this.viewport.share((piece.begin + piece.end) / 2) : 0.5;
    return Math.min(Math.max(share, 0), 1);
  }

  choose(lane, index) {
    const piece = lane.pieces[index];
    if (!piece) return;
    lane.chosen = index;
    this.viewport.show(piece.begin, piece.end);
    this.draw();
    const area = lane.canvas.getBoundingClientRect();
    this.tooltip.show(lane, piece, area.left + this.middle(lane) * area.width, area.bottom - 12);
  }
}

function wait([begin, end, gil, kind, origin, holder, open], timeline, threads) {
  const { name, part } = timeline.kinds[kind];
  return {
    begin, end, gil, kind: name, part, open: open === 1,
    origin: origin === null ? null : timeline.origins[origin],
    holder: holder === null ? null : threads[holder],
  };
}

function currentColours() {
  const style = getComputedStyle(document.documentElement);
  const names = [...PARTS, "awake", "text", "soft"];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`)]));
}

function drawAxis(canvas, viewport, colour) {
  const pen = prepared(canvas);
  const ratio = window.devicePixelRatio || 1;
  const { width, height } = canvas;
  const rough = viewport.span / Math.max(canvas.clientWidth / 110, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => power * factor >= rough);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  pen.fillStyle = colour;
  pen.font = `${11 * ratio}px system-ui, sans-serif`;
  for (let index = Math.ceil(viewport.begin / step); index * step <= viewport.end; index += 1) {
    const x = viewport.share(index * step) * width;
    pen.fillRect(x, height - 5 * ratio, ratio, 5 * ratio);
    const text = `${(index * step).toFixed(digits)} s`;
    if (x + pen.measureText(text).width + 4 * ratio < width) pen.fillText(text, x + 4 * ratio, height - 5 * ratio);
  }
}
