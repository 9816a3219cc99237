-- The first version of the ledger's schema, with an entry as that version wrote it.
CREATE TABLE entry (
    merchant TEXT NOT NULL,
    rma_number TEXT NOT NULL,
    revision INTEGER NOT NULL,
    look_at INTEGER,
    body TEXT NOT NULL,
    PRIMARY KEY (merchant, rma_number)
) STRICT;
CREATE INDEX entry_due ON entry (merchant, look_at) WHERE look_at IS NOT NULL;
CREATE TABLE cursor (
    merchant TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (merchant, name)
) STRICT;
INSERT INTO entry VALUES ('acme', '00000000000000000007', 3, 1800000060000, '{
    "key": {"merchant": "acme", "rma_number": "7"}, "revision": 3,
    "first_seen": "2027-01-15T08:00:00Z", "rma": "made",
    "process": {"status": "accepted", "since": "2027-01-15T08:00:00Z"},
    "flagged": null, "decision": null, "acted_on": null, "settlement": null,
    "waiting_for": "Loop to finish processing", "look_at": "2027-01-15T08:01:00Z",
    "news": 2, "failures": 0, "ask_loop": true, "loop_digest": null,
    "goods_were_received": true, "split_destinations": false, "asn_destination": null,
    "inspected": false, "owed_note": null, "flagged_before": []}');
PRAGMA application_id = 1095586668;
PRAGMA user_version = 1;
