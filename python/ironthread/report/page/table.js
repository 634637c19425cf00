// Tables that are sorted by a click on a heading.
//
// A column: {head, value(row): what it is sorted by, show(value, row): text or an element,
// kind: "name", "place", "number" or "chart"}. The first one is the heading of its row.

const ROWS = 100; // more are shown on request

function table(name, columns, rows) {
  const body = element("tbody");
  const heads = columns.map((column) => element("th", { scope: "col", class: column.kind }));
  const caption = element("caption", { class: "hidden-text" }, name);
  const more = element("div", { class: "more" });
  let order = rows;
  let shown = ROWS;

  function fill() {
    body.replaceChildren(...order.slice(0, shown).map((row) => line(columns, row)));
    const all = button(`Show all ${count(rows.length)} rows`, () => {
      shown = rows.length;
      fill();
    });
    more.replaceChildren(...(rows.length > shown ? [all] : []));
  }

  function sort(index) {
    const before = heads[index].getAttribute("aria-sort");
    const first = isText(columns[index]) ? "ascending" : "descending";
    const other = first === "ascending" ? "descending" : "ascending";
    const now = before === first ? other : first;
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[index].setAttribute("aria-sort", now);
    const sign = now === "ascending" ? 1 : -1;
    const { value } = columns[index];
    order = [...rows].sort((one, two) => sign * compare(value(one), value(two)));
    fill();
  }

  heads.forEach((head, index) => head.append(button(columns[index].head, () => sort(index))));
  fill();
  const whole = element("table", {}, caption, element("thead", {}, element("tr", {}, ...heads)), body);
  // Focusable, so that keys scroll it.
  const frame = { class: "scroll", tabindex: "0", role: "region", "aria-label": name };
  return element("div", {}, element("div", frame, whole), more);
}

function isText(column) {
  return column.kind === "name" || column.kind === "place";
}

function compare(one, two) {
  if (typeof one === "string") return one.localeCompare(two, "en", { numeric: true });
  return (one ?? -1) - (two ?? -1); // what is not known is less than anything
}

function line(columns, row) {
  const cells = columns.map((column, index) => {
    const value = column.value(row);
    const attributes = { class: column.kind };
    if (isText(column)) attributes.title = column.full ? column.full(row) : value;
    if (index === 0) attributes.scope = "row";
    const shown = column.show ? column.show(value, row) : value;
    return element(index === 0 ? "th" : "td", attributes, shown);
  });
  return element("tr", {}, ...cells);
}
