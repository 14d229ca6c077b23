/** Where the reader is, when they press “发位置”: the browser's own position, which is WGS-84. */

const OPTIONS = { enableHighAccuracy: false, timeout: 12_000, maximumAge: 60_000 };

/** → {type: "location", latitude, longitude, crs}; rejects with "refused" or "missing". */
export function whereAmI() {
  return new Promise((resolve, reject) => {
    if (!navigator.geolocation) {
      reject(new Error("missing"));
      return;
    }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ type: "location", latitude: coords.latitude, longitude: coords.longitude, crs: "wgs84" }),
      (error) => reject(new Error(error.code === error.PERMISSION_DENIED ? "refused" : "missing")),
      OPTIONS,
    );
  });
}
