"""Reads the report at the address in its argument and prints seconds, CPU seconds and peak bytes.

Needs `pip install ijson`.
"""

import resource
import sys
import time
import urllib.request

began = time.monotonic()
try:
    import ijson
except ImportError:
    sys.exit("skipped ijson: run `pip install ijson`")

print("ijson's backend:", ijson.backend, file=sys.stderr)
rows = 0
with urllib.request.urlopen(sys.argv[1]) as answer:
    for row in ijson.items(answer, "item"):
        rows += row["id"] > 0
assert rows > 0

used = resource.getrusage(resource.RUSAGE_SELF)
seconds = time.monotonic() - began
print(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)
