"""Is every publisher's file still where the catalog says, and the same? `python scripts/check_sources.py [NAME ...]`.

Every URL is downloaded with the course's own code, compared in size and checksum, and thrown away. Prints one line
for each; the exit status is 1 if any failed. The largest file needs 0.8 GB of disk for as long as it is looked at.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from coursekit.data.download import TIMEOUT, FetchError, fetch_file
from coursekit.data.fetch import catalog


def find_sources(sets):
    """(name of the data set, file as the catalog describes it, URL) for every URL of every publisher in `sets`."""
    for name, entry in sets.items():
        for file in entry.get("publisher", {}).get("downloads", []):
            for url in file["urls"]:
                yield name, file, url


def what_is_wrong(file, url, timeout=TIMEOUT):
    """None if `url` gives the `file` of the catalog, else the reason why not; keeps nothing."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            fetch_file([url], Path(folder) / "file", file["sha256"], file["size"], timeout)
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
    for name, file, url in find_sources({name: sets[name] for name in names or sets}):
        start = time.monotonic()
        reason = what_is_wrong(file, url, timeout)
        failed += reason is not None
        outcome = reason or f"{file['size']:,} bytes in {time.monotonic() - start:.0f} s"
        print(f"{'NO' if reason else 'ok'}  {name:16} {url}: {outcome}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
