"""What a webhook costs in Python: verify its signature, parse it, map its lines to an RMA.

Arguments: the file with the body, the secret, the signature. Prints a name, a tab and the
nanoseconds per webhook for each parser that is installed.
"""

import base64
import hmac
import importlib
import json
import platform
import sys
import time

path, secret, signature = sys.argv[1:]
secret = secret.encode()
with open(path, "rb") as file:
    body = file.read()


def verify(body):
    expected = hmac.digest(secret, body, "sha256")
    if not hmac.compare_digest(base64.b64decode(signature), expected):
        raise ValueError("the signature does not match")


def take(body, parse):
    verify(body)
    it = parse(body)
    if it["topic"] != "return":
        raise ValueError("not a return")
    return {
        "rma_number": it["id"],
        "order_name": it["order_name"],
        "lines": [
            {
                "id": line["line_item_id"],
                "sku": line["sku"],
                "barcode": line["barcode"],
                "title": line["title"],
                "quantity": 1,
            }
            for line in it["line_items"]
        ],
    }


def take_typed(body, decode):
    verify(body)
    it = decode(body)
    if it.topic != "return":
        raise ValueError("not a return")
    return {
        "rma_number": it.id,
        "order_name": it.order_name,
        "lines": [
            {
                "id": line.line_item_id,
                "sku": line.sku,
                "barcode": line.barcode,
                "title": line.title,
                "quantity": 1,
            }
            for line in it.line_items
        ],
    }


def typed(msgspec):
    """A decoder of the fields that are mapped, and of no other."""
    line = msgspec.defstruct(
        "Line",
        [
            ("line_item_id", str),
            ("sku", str | None),
            ("barcode", str | None),
            ("title", str | None),
        ],
    )
    it = msgspec.defstruct(
        "Return",
        [("topic", str), ("id", str), ("order_name", str | None), ("line_items", list[line])],
    )
    return msgspec.json.Decoder(it).decode


def measure(name, take, parse):
    # A round is shorter than the time that a busy machine lets a process run in one piece.
    times = -(-60_000 // len(body))
    rounds = []
    for _ in range(501):
        began = time.perf_counter_ns()
        for _ in range(times):
            rma = take(body, parse)
        rounds.append((time.perf_counter_ns() - began) / times)
        assert rma["lines"]
    print(f"Python {platform.python_version()}, hmac and {name}\t{sorted(rounds)[250]}")


def installed(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        print(f"skipped {name}: it is not installed")
        return None


measure("json", take, json.loads)
if orjson := installed("orjson"):
    measure("orjson", take, orjson.loads)
if msgspec := installed("msgspec"):
    measure("msgspec", take, msgspec.json.Decoder().decode)
    measure("msgspec, only the fields that are mapped", take_typed, typed(msgspec))
