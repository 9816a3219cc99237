"""A webhook endpoint on FastAPI and uvicorn, one worker: verifies, parses, maps to the RMA, answers
200. With a folder as argument it writes the RMA down first: SQLite, write-ahead log, full
synchronisation."""

import base64
import hashlib
import hmac
import json
import os
import socket
import sqlite3
import sys

import uvicorn
from fastapi import FastAPI, Request, Response

PATH = "/webhooks/loop"
SECRET = os.environ["LOOP_WEBHOOK_SECRET"].encode()

database = None
if len(sys.argv) > 1:
    database = sqlite3.connect(os.path.join(sys.argv[1], "python.sqlite"), isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute(
        "CREATE TABLE entry (merchant TEXT, rma_number TEXT, body TEXT,"
        " PRIMARY KEY (merchant, rma_number))"
    )

app = FastAPI()


def is_signed(signature, body):
    expected = base64.b64encode(hmac.digest(SECRET, body, hashlib.sha256))
    return hmac.compare_digest(expected, signature.encode())


def rma_of(ret):
    lines = {}
    for item in ret["line_items"]:
        if item["outcome"] != "default":
            continue
        known = lines.get(item["line_item_id"])
        if known:
            known["quantity"] += 1
        else:
            lines[item["line_item_id"]] = {
                "line_ref": item["line_item_id"],
                "sku": item["sku"],
                "barcode": item["barcode"],
                "title": item["title"],
                "quantity": 1,
            }
    parcels = {}
    for label in [*ret["labels"], ret]:
        number = label["tracking_number"]
        if number:
            parcels[number] = {"carrier": label["carrier"], "tracking_number": number}
    return {
        "merchant": "acme",
        "rma_number": ret["id"],
        "order_name": ret["order_name"],
        "outcome": ret["outcome"],
        "lines": list(lines.values()),
        "parcels": list(parcels.values()),
    }


@app.post(PATH)
async def take(request: Request):
    body = await request.body()
    if not is_signed(request.headers.get("x-loop-signature", ""), body):
        return Response(status_code=401)
    ret = json.loads(body)
    if ret["topic"] != "return" or ret["state"] != "open":
        return Response(status_code=200)
    rma = rma_of(ret)
    if database:
        database.execute(
            "INSERT OR REPLACE INTO entry VALUES (?, ?, ?)",
            (rma["merchant"], rma["rma_number"], json.dumps(rma)),
        )
    return Response(status_code=200)


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(128)
print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}{PATH}", flush=True)
config = uvicorn.Config(app, log_level="warning", access_log=False)
uvicorn.Server(config).run(sockets=[listener])
