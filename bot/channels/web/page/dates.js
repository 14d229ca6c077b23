/** Moments as a reader in China writes them. The API sends ISO 8601 (any offset) or a bare date. */
import { words } from "./words.js";

const zone = "Asia/Shanghai";
const parts = new Intl.DateTimeFormat("zh-CN", {
  timeZone: zone, month: "numeric", day: "numeric", weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});

function read(value) {
  const moment = new Date(/^\d{4}-\d\d-\d\d$/.test(value) ? `${value}T00:00:00+08:00` : value);
  if (Number.isNaN(moment.getTime())) return null;
  return Object.fromEntries(parts.formatToParts(moment).map((part) => [part.type, part.value]));
}

/** "2026-11-27T10:00:00Z" → "11月27日 周五"; anything that is no date comes back as it is. */
export function day(value) {
  const p = read(value);
  return p ? words.date(p.month, p.day, p.weekday) : String(value ?? "");
}

/** "2026-11-27T10:00:00Z" → "18:00". */
export function clock(value) {
  const p = read(value);
  return p ? `${p.hour}:${p.minute}` : String(value ?? "");
}

/** "2026-11-27T10:00:00Z" → "11月27日 周五 18:00"; a bare date stays a day. */
export function moment(value) {
  return /^\d{4}-\d\d-\d\d$/.test(value) || !read(value) ? day(value) : `${day(value)} ${clock(value)}`;
}

/** Whole days from now until `value`; negative when it has passed. */
export function daysUntil(value, now = Date.now()) {
  return Math.floor((new Date(value).getTime() - now) / 86_400_000);
}
