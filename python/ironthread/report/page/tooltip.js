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

  facts(lane, { begin, end, wait }) {
    const [from, to] = wait ? [wait.begin, wait.end] : [begin, end];
    const facts = [["thread", label(lane.thread)]];
    if (wait) facts.push(["made at", place(wait.origin, this.directory)]);
    if (wait?.holder) facts.push(["held by", label(wait.holder)]);
    if (wait?.gil > 0) facts.push(["of it GIL", duration(wait.gil)]);
    facts.push(["from", `${from.toFixed(6)} s`], ["to", wait?.open ? "the end of the program" : `${to.toFixed(6)} s`]);
    const pairs = facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]);
    return element("dl", {}, ...pairs);
  }
}

function heading({ begin, end, wait }) {
  return wait ? `${wait.kind}, waited ${duration(wait.end - wait.begin)}` : `awake for ${duration(end - begin)}`;
}
