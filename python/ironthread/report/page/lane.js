// The lane of one thread: when it was awake, and what it waited for when it was not.

class Lane {
  constructor(thread, waits, end, viewport) {
    this.thread = thread;
    this.viewport = viewport;
    this.begin = thread.started;
    this.end = thread.ended ?? end;
    this.pieces = pieces(waits, this.begin, this.end);
    this.chosen = null; // index of a piece
    this.canvas = element("canvas", {
      class: "lane", tabindex: "0", role: "img", "aria-label": this.summary(waits.length),
    });
  }

  summary(waits) {
    return `${label(this.thread)}: ${count(waits)} waits in ${duration(this.end - this.begin)}; the arrow keys tell them one by one`;
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
      return piece && piece.kind && piece.begin - slack <= time && time <= piece.end + slack;
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
      drawnTo = piece.kind ? right : drawnTo;
      pen.fillStyle = colours[piece.part];
      pen.fillRect(from, 0, right - from, height);
      if (piece.gil > 0) {
        const back = this.viewport.share(piece.end - piece.gil) * width;
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

// A thread's life without gaps: its waits, and between them the times when it was awake.
function pieces(waits, begin, end) {
  const made = [];
  let from = begin;
  const awake = (until) => {
    if (until > from) made.push({ begin: from, end: until, gil: 0, kind: null, part: "awake" });
  };
  for (const wait of waits) {
    awake(wait.begin);
    made.push(wait);
    from = Math.max(from, wait.end);
  }
  awake(end);
  return made;
}

// The pen of an empty canvas, with as many pixels as the screen has for it.
function prepared(canvas) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(canvas.clientWidth * ratio);
  canvas.height = Math.round(canvas.clientHeight * ratio);
  return canvas.getContext("2d");
}
