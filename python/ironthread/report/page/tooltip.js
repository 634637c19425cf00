// What is told of a piece of a lane: beside the pointer, and to readers of screens.

class Tooltip {
  constructor(directory) {
    this.directory = directory;
    this.node = element("div", { class: "tooltip", role: "status", "aria-live": "polite", hidden: "" });
  }

  hide() {
    this.node.hidden = true;
  }

  // At a point of the window, in pixels.
  show(lane, piece, x, y) {
    this.node.replaceChildren(element("strong", {}, heading(piece)), this.facts(lane, piece));
    this.node.hidden = false;
    const { offsetWidth, offsetHeight } = this.node;
    const left = Math.min(Math.max(x + 12, 8), window.innerWidth - offsetWidth - 8);
    const below = y + 18;
    const fits = below + offsetHeight < window.innerHeight;
    this.node.style.left = `${Math.max(left, 8)}px`;
    this.node.style.top = `${fits ? below : Math.max(y - offsetHeight - 12, 8)}px`;
  }

  facts(lane, piece) {
    const facts = [["thread", label(lane.thread)]];
    if (piece.kind) facts.push(["made at", place(piece.origin, this.directory)]);
    if (piece.holder) facts.push(["held by", label(piece.holder)]);
    if (piece.gil > 0) facts.push(["of it GIL", duration(piece.gil)]);
    facts.push(["from", `${piece.begin.toFixed(6)} s`], ["to", piece.open ? "the end of the program" : `${piece.end.toFixed(6)} s`]);
    const pairs = facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]);
    return element("dl", {}, ...pairs);
  }
}

function heading(piece) {
  const time = duration(piece.end - piece.begin);
  return piece.kind ? `${piece.kind}, waited ${time}` : `awake for ${time}`;
}
