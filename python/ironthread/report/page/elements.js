// Elements of the page. Text goes in as text nodes, never as markup.

const SVG = "http://www.w3.org/2000/svg";

function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

function drawing(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function button(text, action, attributes = {}) {
  const made = element("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", action);
  return made;
}

function card(id, title, note, ...children) {
  const heading = element("h2", { id: `${id}-title` }, title);
  const attributes = { class: "card", id, "aria-labelledby": `${id}-title` };
  const notes = note ? [element("p", { class: "soft" }, note)] : [];
  return element("section", attributes, heading, ...notes, ...children);
}

function legend(parts) {
  const items = parts.map(([part, text]) => element("li", { class: part }, text));
  return element("ul", { class: "legend" }, ...items);
}
