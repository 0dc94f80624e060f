"""Is every publisher's file still where the catalog says, and the same? `python scripts/check_sources.py [NAME ...]`.

Every URL is downloaded with the course's own code, compared in size and checksum (an archive that has none in the
catalog: each file in it), and thrown away. Prints one line
for each; the exit status is 1 if any failed. The largest file needs 0.8 GB of disk for as long as it is looked at.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from coursekit.data.download import TIMEOUT, FetchError, fetch_file
from coursekit.data.fetch import catalog
from coursekit.data.publisher import put_into


def find_sources(sets):
    """(name of the data set, its publisher's table for one URL alone, URL) for every URL of every publisher."""
    for name, entry in sets.items():
        for file in entry.get("publisher", {}).get("downloads", []):
            for url in file["urls"]:
                yield name, entry["publisher"] | {"downloads": [file | {"urls": [url]}], "kaggle": None}, url


def what_is_wrong(table, url, timeout=TIMEOUT):
    """None if `url` gives the one file of the publisher's `table`, else the reason why not; keeps nothing."""
    [file] = table["downloads"]
    with tempfile.TemporaryDirectory() as temporary:
        store, folder = Path(temporary, "store"), Path(temporary, "files")
        folder.mkdir()
        try:
            if "sha256" in file:
                fetch_file([url], store / file["name"], file["sha256"], file["size"], timeout)
            else:
                put_into(folder, table, store)
        except FetchError as error:
            return str(error).splitlines()[-1].strip().removeprefix(f"{url}: ")
    return None


def main(arguments=None, sets=None, timeout=TIMEOUT):
    """Check all URLs, or those of the data sets named; 1 if any failed."""
    sets = catalog() if sets is None else sets
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="data sets of the catalog; all if left out")
    names = parser.parse_args(arguments).names
    if unknown := [name for name in names if name not in sets]:
        parser.error(f"expected data sets of the catalog ({', '.join(sets)}), found {', '.join(unknown)}")
    failed = 0
    for name, table, url in find_sources({name: sets[name] for name in names or sets}):
        start = time.monotonic()
        reason = what_is_wrong(table, url, timeout)
        failed += reason is not None
        outcome = reason or f"{table['downloads'][0]['size']:,} bytes in {time.monotonic() - start:.0f} s"
        print(f"{'NO' if reason else 'ok'}  {name:16} {url}: {outcome}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
