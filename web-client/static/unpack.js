// Puts a wasm module together from the parts that `xtask/src/web/parts.rs` writes: operators, variables, offsets
// and so on, each kind for itself. For the page and, by `importScripts`, for the service worker.

self.unpack = (packed) => {
  let at = 0;
  const number = () => {
    for (let value = 0, unit = 1; ; unit *= 128) {
      const byte = packed[at++];
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
  };
  const module = new Uint8Array(number());
  let functions = number();
  const lengths = Array.from({ length: number() }, number);
  // Where the next byte of each part is.
  const places = new Uint32Array(lengths.map((length) => (at += length) - length));
  const [before, behind, table, operators, variables, , branches, floats] = lengths.keys();
  const first = packed.subarray(places[table]);
  const second = first.subarray(288);
  // Each of these gives where in the module to go on.
  const copy = (part, count, to) => {
    module.set(packed.subarray(places[part], (places[part] += count)), to);
    return to + count;
  };
  const numbers = (part, count, to) => {
    let from = places[part];
    for (; count; to++) if ((module[to] = packed[from++]) < 128) count--;
    places[part] = from;
    return to;
  };
  const coming = (part) => {
    at = places[part];
    return number();
  };
  const body = (to) => {
    to = numbers(variables, 1 + 2 * coming(variables), to);
    let from = places[operators];
    for (let depth = 1; depth; ) {
      let operator = (module[to++] = packed[from++]);
      // Some have two bytes.
      if (operator === 0xfc) operator = 256 + (module[to++] = packed[from++]);
      const part = first[operator];
      if (part) {
        to = numbers(part, 1, to);
        if (second[operator]) to = numbers(second[operator], 1, to);
        if (operator < 5) depth++;
      } else if (operator === 0x41) to = numbers(32 + packed[from], 1, to);
      else if (operator === 0x0b) depth--;
      else if (operator === 0x0e) to = numbers(branches, 2 + coming(branches), to);
      else if (operator === 0x43) to = copy(floats, 4, to);
      else if (operator === 0x44) to = copy(floats, 8, to);
    }
    places[operators] = from;
    return to;
  };

  let to = copy(before, lengths[before], 0);
  while (functions--) {
    const end = body(to);
    // Before it stands its length.
    let length = end - to;
    const size = length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : 4;
    module.copyWithin(to + size, to, end);
    for (let left = size - 1; left >= 0; left--, length >>>= 7) {
      module[to++] = (length & 127) | (left ? 128 : 0);
    }
    to = end + size;
  }
  copy(behind, lengths[behind], to);
  return module;
};
