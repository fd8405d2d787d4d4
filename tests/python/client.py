"""A client of the server that shares nothing with it but docs/protocol.md.

    client.py SERVER LOGIN PASSWORD HOUSE

enrols, greets, takes a house along by its name, reads it and its inspection, writes into both and begins a record
of its own; then it says what others write, as the live socket brings it, until its input ends. Each step is a line
of JSON.
"""

import sys
import threading

import websocket

from device import Device, Problem, tell


def main(server, login, password, house):
    device = Device(server)
    device.enrol(login, password, "Python")
    tell("enrolled", device=device.id, user=device.me[0], name=device.me[2])
    device.exchange()
    tell("greeted", documents=len(device.records), changes=sum(len(r.changes) for r in device.records.values()))

    houses = {r.value("name"): id for id, r in device.records.items() if r.kind == "residence"}
    house, before = houses[house], set(device.records)
    device.wants = [house]
    device.exchange()
    taken = sorted(set(device.records) - before)
    runs = [id for id in taken if device.records[id].kind == "run"]
    tell("taken", house=house, documents=[id.hex() for id in taken], runs=[id.hex() for id in runs])
    for run in runs:
        items = {key: list(v.values()) for key, v in device.records[run].standing().items() if key.startswith("item/")}
        tell("read", document=run, items=items)

    # One change with the question, after what stood there; one of a document of its own by the socket.
    for document in [house, *runs]:
        answers = {"sba_responsible": "Pytonina Provsson"} if document == house else {"item/B-F01/comment": "Läst i Python: åäö 🔥"}
        digest = device.answers(document, answers)
        device.exchange()
        tell("pushed", document=document, hash=digest, received=device.received.get(digest))
    device.attach()
    document, digest = device.begins("digest", {"period": "2026 v. 48", "channels/intranet": True})
    device.say([1, [{0: device.unsent}]])
    while digest not in device.received and not device.refused:
        device.hear()
    tell("begun", document=document, hash=digest, received=device.received.get(digest), refused=[code for _, code in device.refused])
    device.refresh()
    tell("refreshed")
    tell("listening")
    listen(device)
    device.socket.close()
    tell("held", held=len(device.held))
    # What was shared meanwhile fits the server's sums, and nothing is left to tell.
    device.exchange()
    tell("ends", shared=all(d in r.shared for r in device.records.values() for d in r.changes))


def listen(device):
    """Hears until the input ends."""

    def until_told():
        sys.stdin.read()
        device.socket.close()

    threading.Thread(target=until_told, daemon=True).start()
    try:
        while True:
            number, news = device.hear()
            for document, new in news:
                values = {op.key: op.value for op in new.ops if not isinstance(op.value, bytes)}
                by = device.people.get(new.meta[1])
                tell("seen", document=document, by=by, own=new.meta[0] == device.id, values=values)
            if number in (3, 4):
                tell("again" if number == 3 else "ended")
                device.socket.close()
                device.exchange()
                device.attach()
    except (websocket.WebSocketException, OSError):
        pass


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Problem as problem:
        tell("problem", status=problem.status, code=problem.code)
        sys.exit(1)
