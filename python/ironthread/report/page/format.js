// Numbers and places as the text report writes them (table.py, place.py).

function duration(seconds) {
  if (seconds >= 6000) {
    const minutes = Number(fixed(seconds / 60, 0));
    return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  }
  if (seconds >= 100) {
    const whole = Number(fixed(seconds, 0));
    return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  }
  for (const [unit, size] of [["s", 1], ["ms", 1e-3], ["µs", 1e-6]]) {
    if (seconds >= size * 0.9995) return `${threeDigits(seconds / size)} ${unit}`;
  }
  return seconds <= 0 ? "0" : "<1 µs";
}

function threeDigits(value) {
  return fixed(value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

// `toFixed`, but what is half-way goes to the even digit, as in Python. Only odd multiples of
// 2^-(decimals + 1) are exactly half-way: of other fractions that are, no number is exact.
function fixed(value, decimals) {
  const half = 2 ** -(decimals + 1);
  if (value % (2 * half) !== half) return value.toFixed(decimals);
  const below = Math.floor(value * 10 ** decimals);
  return ((below + (below % 2)) / 10 ** decimals).toFixed(decimals);
}

function count(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}

function percent(share) {
  if (share > 0 && share < 0.0005) return "<0.1%";
  return `${fixed(share * 100, share > 0 && share < 0.00995 ? 1 : 0)}%`;
}

// A file below `directory` is named from there, another by its last two parts.
function place(origin, directory) {
  if (origin === null) return "(before the start)";
  const inside = directory.endsWith("/") ? directory : `${directory}/`;
  const parts = origin.file.split("/");
  let file = origin.file;
  if (file.startsWith(inside)) file = file.slice(inside.length);
  else if (parts.length > 3) file = `…/${parts.slice(-2).join("/")}`;
  return `${file}:${origin.line}`;
}

function label(thread) {
  return thread.name || `(thread ${thread.ident})`;
}
