/** link: the button that opens a one-time form in a new tab; the talk goes on here by itself. */
import { clock } from "../dates.js";
import { el } from "../dom.js";
import { words } from "../words.js";

const w = words.link;

export function link({ url, expires_at: expires, purpose }) {
  const address = safe(url);
  if (!address) return el("p", { class: "meta" }, w.bad);
  return el("div", { class: "open" },
    el("a", { class: "choice main", href: address, target: "_blank", rel: "noopener" }, w.purpose[purpose] ?? w.open),
    expires ? el("p", { class: "meta extra" }, w.until(clock(expires))) : null);
}

/** Only web addresses: a link can never run a script. */
function safe(url) {
  if (typeof url !== "string") return null;
  try {
    const address = new URL(url, location.href);
    return address.protocol === "https:" || address.protocol === "http:" ? address.href : null;
  } catch {
    return null;
  }
}
