// The lane of one thread: when it was awake, and what it waited for when it was not.

class Lane {
  constructor(thread, waits, omitted, end, viewport) {
    this.thread = thread;
    this.viewport = viewport;
    this.begin = thread.started;
    this.end = thread.ended ?? end;
    this.pieces = pieces(waits, this.begin, this.end);
    this.chosen = null; // index of a piece
    this.canvas = element("canvas", {
      class: "lane", tabindex: "0", role: "img", "aria-label": this.summary(waits.length, omitted),
    });
  }

  summary(waits, { omitted, omitted_seconds: seconds }) {
    const short = omitted ? `, and ${count(omitted)} short ones of ${duration(seconds)} together that are not shown` : "";
    return `${label(this.thread)}: ${count(waits)} waits in ${duration(this.end - this.begin)}${short}; the arrow keys tell them one by one`;
  }

  // The piece under a moment. The shortest are widened by `slack` seconds, for fingers and mice.
  at(time, slack) {
    let low = 0;
    let high = this.pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.pieces[middle].end < time) low = middle + 1;
      else high = middle;
    }
    const near = (index) => {
      const piece = this.pieces[index];
      return piece && piece.wait && piece.begin - slack <= time && time <= piece.end + slack;
    };
    for (const index of [low, low + 1, low - 1]) if (near(index)) return index;
    const piece = this.pieces[low];
    return piece && piece.begin <= time ? low : null;
  }

  draw(colours) {
    const pen = prepared(this.canvas);
    const { width, height } = this.canvas;
    let drawnTo = -1; // of what is narrower than a pixel, one piece a pixel is drawn
    this.pieces.forEach((piece, index) => {
      const from = this.viewport.share(piece.begin) * width;
      const to = this.viewport.share(piece.end) * width;
      if (to < 0 || from > width || (to <= drawnTo && index !== this.chosen)) return;
      const right = Math.max(to, from + 1);
      const { wait } = piece;
      if (wait) drawnTo = right;
      pen.fillStyle = colours[wait ? wait.part : "awake"];
      pen.fillRect(from, 0, right - from, height);
      if (wait && piece.end === wait.end && wait.gil > 0) {
        const back = Math.max(this.viewport.share(wait.end - wait.gil) * width, from);
        pen.fillStyle = colours.gil;
        pen.fillRect(back, 0, to - back, height);
      }
    });
    if (this.chosen !== null) this.mark(pen, colours.text);
  }

  mark(pen, colour) {
    const { begin, end } = this.pieces[this.chosen];
    const { width, height } = this.canvas;
    const from = this.viewport.share(begin) * width;
    const to = this.viewport.share(end) * width;
    pen.strokeStyle = colour;
    pen.lineWidth = 2 * (window.devicePixelRatio || 1);
    pen.strokeRect(from, 1, Math.max(to - from, 2), height - 2);
  }
}

// A thread's life without gaps or overlaps. A piece: {begin, end, wait}, no wait: it was awake.
// A wait within which a signal handler waited is there before and after that.
function pieces(waits, begin, end) {
  const made = [];
  const open = [];
  let at = begin;
  const add = (wait, until) => {
    if (until > at) made.push({ begin: at, end: until, wait });
    at = Math.max(at, until);
  };
  const close = (time) => {
    while (open.length && open.at(-1).end <= time) {
      const wait = open.pop();
      add(wait, wait.end);
    }
  };
  for (const wait of waits) {
    close(wait.begin);
    add(open.at(-1) ?? null, wait.begin);
    open.push(wait);
  }
  close(Infinity);
  add(null, end);
  return made;
}

// The pen of an empty canvas, with as many pixels as the screen has for it.
function prepared(canvas) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(canvas.clientWidth * ratio);
  canvas.height = Math.round(canvas.clientHeight * ratio);
  return canvas.getContext("2d");
}
