/** Builds elements. Text only ever becomes text nodes, so whatever a title or a reply contains stays text. */

/**
 * el("li", {class: "book", hidden: true, "aria-hidden": "true", onclick: fn}, "text", otherElement, null)
 * @param {string} tag @param {Object<string, any>} attributes @param {...(Node|string|null|undefined|false)} children
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return element;
}

/** For the eye only: a screen reader has it in the message's full text already. */
export function shown(tag, attributes, ...children) {
  return el(tag, { ...attributes, "aria-hidden": "true" }, ...children);
}
