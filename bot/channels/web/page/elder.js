/** 长辈版: large type, large targets, fewer things. Remembered; `?elder=1` in the address switches it on (a QR code). */
import { store } from "./store.js";

const asked = new URLSearchParams(location.search).get("elder");
if (asked !== null) store.elder = asked === "1";
apply();

function apply() {
  document.documentElement.toggleAttribute("data-elder", store.elder);
}

/** Make `button` the switch. */
export function elderSwitch(button) {
  const tell = () => button.setAttribute("aria-pressed", String(store.elder));
  button.addEventListener("click", () => {
    store.elder = !store.elder;
    apply();
    tell();
  });
  tell();
}
