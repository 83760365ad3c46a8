#!/usr/bin/env python3
"""Check the proof in this folder with Python's standard library and openssl: python3 check.py [FOLDER] [CA_FILE.pem …] ."""

import base64
import gzip
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def root(leaf: bytes, index: int, size: int, path: list[str]) -> bytes:  # RFC 9162, 2.1.3.2
    node, last = sha(b"\0" + leaf), size - 1
    for other in map(bytes.fromhex, path):
        if index & 1 or index == last:
            node = sha(b"\1" + other + node)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            node = sha(b"\1" + node + other)
        index, last = index >> 1, last >> 1
    return b"" if last else node


def pages(warc: bytes) -> set[str]:  # digests of the pages in WARC records; a revisit has none of its own
    found = set()
    while warc:
        head, _, warc = warc.partition(b"\r\n\r\n")
        size = int(re.findall(rb"(?im)^content-length: *(\d+)", head)[0])
        page, warc = warc[:size], warc[size:].lstrip(b"\r\n")
        while page.startswith(b"HTTP/"):  # one head, or an interim answer's before it
            page = [*re.split(rb"\r?\n\r?\n", page, maxsplit=1), b""][1]
        if not re.search(rb"(?im)^warc-type: *revisit", head):
            found.add(sha(page).hex())
    return found


def openssl(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)


def say(good: object, what: str) -> bool:
    print("ok  " if good else "FAIL", what)
    return bool(good)


def main(folder: Path, *authorities: str) -> int:
    read = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    proof, record, note = json.loads(read["proof.json"]), read["record.json"], read["checkpoint"]
    wanted, run, log = proof["object"], proof["run"], proof["log"]
    good = say((sha(record).hex(), len(record)) == (wanted["sha256"], wanted["bytes"]), "record.json is the object")
    leaf = f"{wanted['key']}\n{wanted['sha256']}\n{wanted['bytes']}\n".encode()
    line, inner = json.loads(log["line"]), root(leaf, run["index"], run["objects"], run["path"])
    good &= say(f"sha256:{inner.hex()}" == line["root"] and run["objects"] == line["objects"], f"it is in run {line['run']}")
    text, _, signatures = note.decode().rpartition("\n\n")
    origin, size, encoded, sealed, key = text.split("\n")[:5]
    outer = base64.b64encode(root(log["line"].encode(), log["index"], log["size"], log["path"])).decode()
    good &= say((str(log["size"]), outer) == (size, encoded), f"that run is in {origin}, {sealed}")
    name, _, public = key.removeprefix("key ").split("+", 2)
    with tempfile.TemporaryDirectory() as place:
        pem, data, signature = (Path(place, each) for each in ("key", "text", "signature"))
        der = base64.b64encode(bytes.fromhex("302a300506032b6570032100") + base64.b64decode(public)[1:]).decode()
        pem.write_text(f"-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n")
        data.write_text(text + "\n")
        ours = [base64.b64decode(each.split(" ")[2])[4:] for each in signatures.splitlines() if each.startswith(f"— {name} ")]
        signature.write_bytes(ours[0] if ours else b"")
        files = ("-inkey", str(pem), "-rawin", "-in", str(data), "-sigfile", str(signature))
        signed = openssl("pkeyutl", "-verify", "-pubin", *files).returncode == 0
    good &= say(signed, f"signed by {key.removeprefix('key ')}: compare this key with one you have from elsewhere")
    if "capture.warc.gz" in read:
        page = json.loads(record)["capture"]["warc"]["payload_digest"].removeprefix("sha256:")
        good &= say(pages(gzip.decompress(read["capture.warc.gz"])) == {page}, "capture.warc.gz has its page, and no other")
    tokens = sorted(folder.glob("*.tsr"))
    good &= not authorities or say(tokens, "there is a time stamp to hold against the authorities")
    for token in tokens:
        shown = openssl("ts", "-reply", "-in", str(token), "-text").stdout
        dump = shown.partition("Message data:\n")[2].splitlines()[:2]
        digest = "".join(row.partition(" - ")[2][:48] for row in dump).replace(" ", "").replace("-", "")
        time = next((row for row in shown.splitlines() if row.startswith("Time stamp:")), "no time")
        good &= say(digest == sha(note).hex(), f"{token.name} is over this checkpoint: {time}")
        for each in authorities:
            tried = openssl("ts", "-verify", "-data", str(folder / "checkpoint"), "-in", str(token), "-CAfile", each)
            good &= say(tried.returncode == 0, f"{token.name} is signed by an authority in {each}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if sys.argv[1:] else Path(__file__).parent), *sys.argv[2:]))
