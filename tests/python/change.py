"""Changes as docs/protocol.md, section 13, has them: from bytes and to bytes."""

import hashlib
from dataclasses import dataclass, field

import cbor2

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
MAGIC = bytes.fromhex("856f4a83")
KEY, INSERT, ACTION, KIND, VALUE, GROUP, ACTOR, COUNTER = 0x15, 0x34, 0x42, 0x56, 0x57, 0x70, 0x71, 0x73


def base32(data):
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    return "".join(ALPHABET[int(bits[at : at + 5], 2)] for at in range(0, len(bits), 5))


def base32_bytes(text):
    bits = "".join(f"{ALPHABET.index(digit):05b}" for digit in text)
    whole = len(bits) // 8 * 8
    assert set(bits[whole:]) <= {"0"} and len(bits) - whole < 5
    return bytes(int(bits[at : at + 8], 2) for at in range(0, whole, 8))


def unsigned(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def signed(value):
    out = bytearray()
    while not -64 <= value <= 63:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value & 0x7F])


def text(value):
    data = value.encode()
    return unsigned(len(data)) + data


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        assert self.at + count <= len(self.data), "cut off"
        self.at += count
        return self.data[self.at - count : self.at]

    def is_empty(self):
        return self.at == len(self.data)

    def unsigned(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def signed(self):
        at = self.at
        value = self.unsigned()
        bits = 7 * (self.at - at)
        return value - (1 << bits) if value >> bits - 1 & 1 else value

    def text(self):
        return self.take(self.unsigned()).decode()


def read_runs(data, read):
    reader, rows = Reader(data), []
    while not reader.is_empty():
        count = reader.signed()
        if count > 0:
            rows += [read(reader)] * count
        else:
            assert count, "there are no rows without a value in records"
            rows += [read(reader) for _ in range(-count)]
    return rows


def write_runs(rows, write):
    """Runs of equal values, and between them runs of values that all differ from their neighbours."""
    out, single, at = b"", [], 0

    def flush():
        nonlocal out
        if single:
            out += signed(-len(single)) + b"".join(map(write, single))
            single.clear()

    while at < len(rows):
        end = at
        while end < len(rows) and rows[end] == rows[at]:
            end += 1
        if end - at == 1:
            single.append(rows[at])
        else:
            flush()
            out += signed(end - at) + write(rows[at])
        at = end
    flush()
    return out


def read_deltas(data):
    rows, last = [], 0
    for difference in read_runs(data, Reader.signed):
        last += difference
        rows.append(last)
    return rows


def write_deltas(rows):
    return write_runs([b - a for a, b in zip([0, *rows], rows)], signed)


@dataclass
class Op:
    key: str
    value: object
    replaces: list = field(default_factory=list)  # [(counter, actor)]


@dataclass
class Change:
    actor: bytes
    seq: int
    start_op: int
    deps: list
    meta: dict
    ops: list

    def max_op(self):
        return self.start_op + len(self.ops) - 1

    def encode(self):
        """Gives hash and bytes."""
        others = sorted({actor for op in self.ops for _, actor in op.replaces} - {self.actor})
        actors = [self.actor, *others]
        body = unsigned(len(self.deps)) + b"".join(sorted(self.deps))
        body += unsigned(16) + self.actor + unsigned(self.seq) + unsigned(self.start_op)
        body += signed(self.meta[2] // 1000) + text(base32(cbor2.dumps(self.meta)))
        body += unsigned(len(others)) + b"".join(unsigned(16) + actor for actor in others)
        body += self.columns(actors)
        return finish(body)

    def columns(self, actors):
        values = [scalar(op.value) for op in self.ops]
        replaced = [old for op in self.ops for old in sorted(op.replaces)]
        columns = {
            KEY: write_runs([op.key for op in self.ops], text),
            INSERT: unsigned(len(self.ops)),
            ACTION: write_runs([1] * len(self.ops), unsigned),
            KIND: write_runs([len(data) << 4 | kind for kind, data in values], unsigned),
            VALUE: b"".join(data for _, data in values),
            GROUP: write_runs([len(op.replaces) for op in self.ops], unsigned),
            ACTOR: write_runs([actors.index(actor) for _, actor in replaced], unsigned),
            COUNTER: write_deltas([counter for counter, _ in replaced]),
        }
        columns = {spec: data for spec, data in columns.items() if data}
        table = b"".join(unsigned(spec) + unsigned(len(data)) for spec, data in columns.items())
        return unsigned(len(columns)) + table + b"".join(columns.values())


def finish(body):
    head = b"\x01" + unsigned(len(body))
    digest = hashlib.sha256(head + body).digest()
    return digest, MAGIC + digest[:4] + head + body


def scalar(value):
    if value is None:
        return 0, b""
    if isinstance(value, bool):
        return (2 if value else 1), b""
    if isinstance(value, int):
        return 4, signed(value)
    if isinstance(value, str):
        return 6, value.encode()
    return 7, bytes(value)


def value_of(kind, data):
    if kind == 4:
        return Reader(data).signed()
    return {0: lambda: None, 1: lambda: False, 2: lambda: True, 6: data.decode, 7: lambda: data}[kind]()


def decode(data):
    """Gives hash and change."""
    reader = Reader(data)
    assert reader.take(4) == MAGIC
    checksum, kind = reader.take(4), reader.take(1)
    assert kind == b"\x01"
    body = reader.take(reader.unsigned())
    assert reader.is_empty()
    digest, again = finish(body)
    assert again == data and digest[:4] == checksum
    reader = Reader(body)
    deps = [reader.take(32) for _ in range(reader.unsigned())]
    actor = reader.take(reader.unsigned())
    seq, start_op, time = reader.unsigned(), reader.unsigned(), reader.signed()
    meta = cbor2.loads(base32_bytes(reader.text()))
    assert time == meta[2] // 1000
    actors = [actor] + [reader.take(reader.unsigned()) for _ in range(reader.unsigned())]
    table = [(reader.unsigned(), reader.unsigned()) for _ in range(reader.unsigned())]
    columns = {spec: reader.take(length) for spec, length in table}
    assert reader.is_empty()
    return digest, Change(actor, seq, start_op, deps, meta, read_ops(columns, actors))


def read_ops(columns, actors):
    keys = read_runs(columns[KEY], Reader.text)
    assert read_runs(columns[ACTION], Reader.unsigned) == [1] * len(keys)
    assert Reader(columns[INSERT]).unsigned() == len(keys)
    kinds = read_runs(columns[KIND], Reader.unsigned)
    groups = read_runs(columns[GROUP], Reader.unsigned)
    names = read_runs(columns.get(ACTOR, b""), Reader.unsigned)
    replaced = iter(list(zip(read_deltas(columns.get(COUNTER, b"")), (actors[name] for name in names))))
    values = Reader(columns.get(VALUE, b""))
    ops = []
    for key, kind, group in zip(keys, kinds, groups):
        value = value_of(kind & 15, values.take(kind >> 4))
        ops.append(Op(key, value, [next(replaced) for _ in range(group)]))
    assert values.is_empty() and next(replaced, None) is None
    return ops
