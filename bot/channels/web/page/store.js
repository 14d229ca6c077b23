/** What this device remembers. Storage can be forbidden (private windows): then it lasts as long as the page. */
const memory = new Map();
const prefix = "shudi.";

function get(name) {
  try {
    return localStorage.getItem(prefix + name) ?? memory.get(name) ?? null;
  } catch {
    return memory.get(name) ?? null;
  }
}

function set(name, value) {
  if (value === null) memory.delete(name);
  else memory.set(name, value);
  try {
    if (value === null) localStorage.removeItem(prefix + name);
    else localStorage.setItem(prefix + name, value);
  } catch {
    // remembered in memory only
  }
}

export const store = {
  /** The session secret of the chat API, or null. */
  get session() { return get("session"); },
  set session(secret) { set("session", secret); },

  /** 长辈版: large type, few things. */
  get elder() { return get("elder") === "1"; },
  set elder(on) { set("elder", on ? "1" : null); },

  /** Messages not answered yet, oldest first: sent again (same id) when the page comes back. */
  get unsent() {
    try {
      const kept = JSON.parse(get("unsent") ?? "[]");
      return Array.isArray(kept) ? kept : [];
    } catch {
      return [];
    }
  },
  set unsent(messages) { set("unsent", messages.length ? JSON.stringify(messages) : null); },

  /** Forget the reader, keep how the page looks. */
  forget() {
    set("session", null);
    set("unsent", null);
  },
};
