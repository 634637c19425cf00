// The part of the run that all lanes show, in seconds.

const LEAST_SPAN = 1e-5;

class Viewport {
  constructor(end, changed) {
    this.whole = Math.max(end, LEAST_SPAN);
    this.changed = changed;
    this.begin = 0;
    this.end = this.whole;
  }

  get span() {
    return this.end - this.begin;
  }

  // A moment as a share of the width, and back.
  share(time) {
    return (time - this.begin) / this.span;
  }

  time(share) {
    return this.begin + share * this.span;
  }

  // `factor` below 1 shows less; what is at `share` of the width stays there.
  zoom(factor, share = 0.5) {
    const span = Math.min(Math.max(this.span * factor, LEAST_SPAN), this.whole);
    this.place(this.time(share) - share * span, span);
  }

  // To the right by a share of what is shown.
  pan(share) {
    this.place(this.begin + share * this.span, this.span);
  }

  show(begin, end) {
    if (begin < this.begin || end > this.end) {
      const span = Math.max(this.span, Math.min((end - begin) * 1.5, this.whole));
      this.place((begin + end - span) / 2, span);
    }
  }

  reset() {
    this.place(0, this.whole);
  }

  place(begin, span) {
    this.begin = Math.min(Math.max(begin, 0), this.whole - span);
    this.end = this.begin + span;
    this.changed();
  }
}
