// Puts wasm modules together from the parts that `xtask/src/web/parts.rs` writes: operators, variables, offsets
// and so on, each kind for itself. For the page and, by `importScripts`, for the service worker.

self.unpack = (() => {
  // Numbers of parts, and how many kinds of operators there are.
  const [BEFORE, BEHIND, TABLE, OPERATORS, VARIABLES, BRANCHES, FLOATS] = [0, 1, 2, 3, 4, 6, 7];
  const CONSTANTS = 32;
  const KINDS = 288;

  // Out here, and not made anew for each module: so the second is put together by code that has been compiled.
  let packed;
  let module;
  // Where the next byte of each part is, and the next number that no part has.
  let places;
  let at;

  const number = () => {
    for (let value = 0, unit = 1; ; unit *= 128) {
      const byte = packed[at++];
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
  };
  const coming = (part) => {
    at = places[part];
    return number();
  };
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
  const body = (first, second, to) => {
    to = numbers(VARIABLES, 1 + 2 * coming(VARIABLES), to);
    let from = places[OPERATORS];
    for (let depth = 1; depth; ) {
      let operator = (module[to++] = packed[from++]);
      // Some have two bytes.
      if (operator === 0xfc) operator = 256 + (module[to++] = packed[from++]);
      const part = first[operator];
      if (part) {
        to = numbers(part, 1, to);
        if (second[operator]) to = numbers(second[operator], 1, to);
        // block, loop, if
        if (operator < 5) depth++;
      } else if (operator === 0x41) to = numbers(CONSTANTS + packed[from], 1, to);
      else if (operator === 0x0b) depth--;
      else if (operator === 0x0e) to = numbers(BRANCHES, 2 + coming(BRANCHES), to);
      else if (operator === 0x43) to = copy(FLOATS, 4, to);
      else if (operator === 0x44) to = copy(FLOATS, 8, to);
    }
    places[OPERATORS] = from;
    return to;
  };

  const together = (parts) => {
    packed = parts;
    at = 0;
    module = new Uint8Array(number());
    let functions = number();
    const lengths = Array.from({ length: number() }, number);
    places = new Uint32Array(lengths.map((length) => (at += length) - length));
    const first = packed.subarray(places[TABLE]);
    const second = first.subarray(KINDS);
    let to = copy(BEFORE, lengths[BEFORE], 0);
    while (functions--) {
      const end = body(first, second, to);
      // Before it stands its length.
      let length = end - to;
      const size = length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : 4;
      module.copyWithin(to + size, to, end);
      for (let left = size - 1; left >= 0; left--, length >>>= 7) {
        module[to++] = (length & 127) | (left ? 128 : 0);
      }
      to = end + size;
    }
    copy(BEHIND, lengths[BEHIND], to);
    const whole = module;
    // Nothing of it is kept here.
    packed = module = places = null;
    return whole;
  };

  // Gives the modules of a file as they come, so that the first is at work while the second is under way. Before
  // each stands its length in four bytes.
  return async function* (answer) {
    const reader = (await answer).body.getReader();
    let chunks = [];
    let size = 0;
    const take = async (count) => {
      while (size < count) {
        const { done, value } = await reader.read();
        if (done) throw new Error('modules are cut short');
        size += chunks[chunks.push(value) - 1].length;
      }
      const all = new Uint8Array(size);
      let to = 0;
      for (const chunk of chunks) {
        all.set(chunk, to);
        to += chunk.length;
      }
      chunks = [all.subarray(count)];
      size -= count;
      return all.subarray(0, count);
    };
    for (let left = 2; left; left--) {
      const length = new DataView((await take(4)).buffer).getUint32(0);
      yield together(await take(length));
    }
  };
})();
