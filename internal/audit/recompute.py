#!/usr/bin/env python3
"""Recomputes an exported audit chain: recompute.py FILE. Needs nothing of the program that wrote it."""
import hashlib, json, sys

chain, size, prev, heads, ended = None, 0, "0" * 64, {}, False
for number, line in enumerate(open(sys.argv[1], encoding="utf-8"), 1):
    row = json.loads(line)
    if "schema" in row:
        chain = row["chain"]
    elif "link" in row:
        link = row["link"]
        text = json.dumps(link, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        want = hashlib.sha256(bytes.fromhex(prev) + text.encode("utf-8")).hexdigest()
        size += 1
        if row["prev"] != prev or row["hash"] != want or link["seq"] != size or link["chain"] != chain:
            sys.exit(f"line {number}: link {size} does not follow")
        prev = heads[size] = row["hash"]
    elif row["size"] != size or size and (row["head"] != prev or heads.get(row["signed_size"], row["signed_head"]) != row["signed_head"]):
        sys.exit(f"line {number}: the head is another")
    else:
        ended = True
if not ended:
    sys.exit("the end is missing")
print(f"ok n={size} head={prev}")
