"""A device that speaks the protocol of docs/protocol.md; the numbers in brackets are its sections."""

import hashlib
import json
import os
import time
import urllib.error
import urllib.request
import zlib

import cbor2
import websocket

import change
import ed25519
from change import Change, Op

VERSION = 1
NOWHERE = {0: 0, 1: bytes(8)}
RECEIVED, MISSING, REFUSED = 0, 1, 2


def pack(message):
    """[2]"""
    plain = cbor2.dumps(message)
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = squeezer.compress(plain) + squeezer.flush()
    return b"\1" + packed if len(plain) >= 256 and len(packed) < len(plain) else b"\0" + plain


def unpack(body):
    form, rest = body[0], body[1:]
    assert form in (0, 1), f"form {form}"
    return cbor2.loads(zlib.decompress(rest, -15) if form else rest)


def now_ms():
    return int(time.time() * 1000)


def new_id():
    """[11]"""
    return now_ms().to_bytes(6, "big") + os.urandom(10)


class Problem(Exception):
    """[10]"""

    def __init__(self, status, code):
        super().__init__(f"{status} {code}")
        self.status, self.code = status, code


class Record:
    """A document as its changes make it [14]."""

    def __init__(self, kind=None):
        self.kind, self.changes, self.shared = kind, {}, set()

    def take(self, data, is_shared):
        digest, new = change.decode(data)
        assert new.encode() == (digest, data), "written anew it has other bytes"
        assert all(dep in self.changes for dep in new.deps)
        self.changes[digest] = new
        if is_shared:
            self.shared.add(digest)
        return digest, new

    def standing(self):
        """What stands under each key: {(counter, actor): value}."""
        values, gone = {}, set()
        for new in self.changes.values():
            for counter, op in enumerate(new.ops, new.start_op):
                values.setdefault(op.key, {})[counter, new.actor] = op.value
                gone.update((op.key, old) for old in op.replaces)
        return {key: {at: v for at, v in all.items() if (key, at) not in gone} for key, all in values.items()}

    def value(self, key):
        """The one value that stands there; None if there is none."""
        values = list(self.standing().get(key, {}).values())
        assert len(values) < 2, f"several values at {key}"
        return values[0] if values else None

    def heads(self):
        below = {dep for one in self.changes.values() for dep in one.deps}
        return set(self.changes) - below

    def write(self, actor, meta, answers):
        """The next change of an actor, which replaces all that stands."""
        own = [(one.seq, digest) for digest, one in self.changes.items() if one.actor == actor]
        seq, last = max(own, default=(0, None))
        deps = self.heads() | ({last} if last else set())
        start = 1 + max((self.changes[dep].max_op() for dep in deps), default=0)
        standing = self.standing()
        ops = [Op(key, value, sorted(standing.get(key, {}))) for key, value in answers]
        return Change(actor, seq + 1, start, sorted(deps), meta, ops).encode()


class Device:
    def __init__(self, server):
        self.server, self.cookies = server, {}
        self.seed, self.actors = os.urandom(32), {}
        self.epoch, self.cursor, self.high, self.arrived = None, NOWHERE, NOWHERE, NOWHERE
        self.records, self.wants, self.unsent, self.refused = {}, [], [], []
        self.received, self.held, self.socket, self.people = {}, [], None, {}
        self.destroyed, self.confirmed = [], 0

    # Requests and sessions [4].

    def request(self, method, path, message=None):
        headers = {"Origin": self.server, "Content-Type": "application/cbor", "Cookie": self.cookie()}
        body = None if message is None else pack(message)
        request = urllib.request.Request(self.server + path, body, headers, method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                for line in answer.headers.get_all("Set-Cookie") or []:
                    name, value = line.split(";")[0].split("=", 1)
                    self.cookies[name] = value
                body = answer.read()
        except urllib.error.HTTPError as refused:
            raise Problem(refused.code, refused.headers["x-ankomst-problem"]) from None
        return unpack(body) if body else None

    def cookie(self):
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def enrol(self, login, password, name):
        question = {0: login, 1: password, 2: name, 3: ed25519.public_of(self.seed)}
        answer = self.request("POST", "/api/v1/devices", question)
        self.me, self.id, self.enrolment = answer[0], answer[1], answer[2]
        said = opened("ankomst/enrolment/1", answer[3], self.enrolment)
        assert (said[0], said[1], said[2]) == (self.id, self.me[0], question[3])

    def refresh(self):
        at_ms = now_ms()
        proof = f"{change.base32(self.id)}/{at_ms}".encode()
        signature = ed25519.sign(self.seed, b"ankomst/refresh/1\0" + proof)
        self.request("POST", "/api/v1/session/refresh", {0: self.id, 1: at_ms, 2: signature})

    # The exchange [5].

    def hello(self):
        return {
            0: VERSION, 1: VERSION, 2: 1 | 4, 3: "python", 4: self.id, 5: self.epoch, 6: self.cursor,
            7: self.high, 8: self.digest(), 9: self.wants, 10: [], 11: [], 12: self.arrived,
        }  # fmt: skip

    def digest(self):
        hashes = (int.from_bytes(one, "big") for record in self.records.values() for one in record.shared)
        return (sum(hashes) % 2**256).to_bytes(32, "big")

    def exchange(self):
        """Asks until there is nothing more to come."""
        while True:
            question = {0: self.hello(), 1: {0: self.unsent}, 2: []}
            gone = [one[0] for one in self.destroyed[self.confirmed :]]
            if gone:
                question[4] = gone
            answer = self.request("POST", "/api/v1/sync", question)
            self.confirmed += len(gone)
            welcome = answer[0]
            assert welcome[0] == VERSION and welcome[4][0] == self.me[0]
            if answer[9]:
                self.records = {}
            self.epoch, self.arrived = welcome[2], welcome[9]
            self.people = {person[0]: person[1] for person in welcome[5]}
            for gone in answer[3]:
                self.records.pop(gone, None)
            self.acks(answer[1])
            self.feed(answer[5])
            for whole in answer[4]:
                self.whole(whole)
            for one in answer.get(13) or []:
                for gone in [one[0], *one[1]]:
                    self.records.pop(gone, None)
                    self.unsent = [part for part in self.unsent if part[0] != gone]
                self.destroyed.append(one)
            self.held = answer[7]
            assert self.digest() == answer[6], "the digests differ"
            if not answer[8] and not self.unsent and self.confirmed == len(self.destroyed):
                return answer

    def whole(self, history):
        record = self.records[history[0]] = Record(history[1])
        for delivered in history[4]:
            digest, new = record.take(delivered[3], True)
            self.check(history[0], delivered, digest, new)

    def check(self, document, delivered, digest, new):
        assert (delivered[0], delivered[1]) == (document, digest)
        said = cbor2.loads(cbor2.loads(delivered[4])[0])
        if 16 not in said:
            assert (said[0], said[1], said[2], said[3]) == (document, new.actor, new.meta[1], new.meta[0])

    def acks(self, acks):
        for document, digest, outcome in ((ack[0], ack[1], ack[2]) for ack in acks):
            if outcome[0] == RECEIVED:
                self.received[digest] = outcome[1][0]
            elif outcome[0] == REFUSED:
                self.refused.append((digest, outcome[1][0]))
            if outcome[0] != MISSING:
                self.unsent = [part for part in self.unsent if cbor2.loads(cbor2.loads(part[1])[0])[5] != digest]

    def feed(self, batch):
        news, chain, place = [], self.cursor[1], self.cursor[0]
        for delivered in batch[0]:
            record = self.records[delivered[0]]
            if delivered.get(3) is not None:
                if delivered[1] not in record.changes:
                    digest, new = record.take(delivered[3], True)
                    self.check(delivered[0], delivered, digest, new)
            record.shared.add(delivered[1])
            news.append((delivered[0], record.changes[delivered[1]]))
            chain, place = hashlib.sha256(chain + delivered[1]).digest()[:8], place + 1
        if [one[2] for one in batch[0]] == list(range(self.cursor[0] + 1, batch[1][0] + 1)):
            assert (place, chain) == (batch[1][0], batch[1][1]), "another chain"
        self.cursor = batch[1]
        self.high = max(self.high, self.cursor, key=lambda position: position[0])
        return news

    # Writing [12, 13, 14].

    def begins(self, kind, answers):
        document, created = new_id(), now_ms()
        header = {0: document, 1: kind, 3: self.me[4][0], 4: 0, 5: self.me[0], 6: self.id, 7: created}
        self.records[document] = Record(kind)
        header = signed("ankomst/header/1", self.seed, header)
        return document, self.writes(document, [("header", header), *sorted(answers.items())])

    def answers(self, document, answers):
        return self.writes(document, sorted(answers.items()))

    def writes(self, document, answers):
        actor = self.actors.setdefault(document, os.urandom(16))
        meta = {0: self.id, 1: self.me[0], 2: now_ms(), 4: []}
        digest, data = self.records[document].write(actor, meta, answers)
        self.records[document].take(data, False)
        envelope = {0: document, 1: actor, 2: self.me[0], 3: self.id, 4: now_ms(), 5: digest}
        envelope = signed("ankomst/author/1", self.seed, envelope)
        self.unsent.append({0: document, 1: envelope, 2: [data]})
        return digest

    # The live socket [8].

    def attach(self):
        address = self.server.replace("http", "ws", 1) + "/api/v1/live"
        self.socket = websocket.create_connection(address, origin=self.server, cookie=self.cookie(), timeout=60)
        self.say([0, [self.id, self.epoch, self.cursor, self.arrived]])

    def say(self, frame):
        self.socket.send_binary(pack(frame))

    def hear(self):
        """Takes one frame and gives its number and, of a feed, what is new."""
        number, fields = unpack(self.socket.recv())
        if number == 0:
            self.acks(fields[0])
            self.arrived = max(self.arrived, fields[1], key=lambda position: position[0])
        if number == 2:
            self.held = fields[0]
        return number, self.feed(fields[0]) if number == 1 else []


def signed(label, seed, body):
    """[12]"""
    body = cbor2.dumps(body)
    return cbor2.dumps({0: body, 1: ed25519.sign(seed, label.encode() + b"\0" + body)})


def opened(label, public, data):
    both = cbor2.loads(data)
    assert ed25519.verifies(public, label.encode() + b"\0" + both[0], both[1]), label
    return cbor2.loads(both[0])


def tell(step, **what):
    what = {key: value.hex() if isinstance(value, bytes) else value for key, value in what.items()}
    print(json.dumps({"step": step, **what}), flush=True)
