"""Make data/stamps/stamps.zip from a package of Debian's: `python scripts/stamps.py`, where there is apt-get.

The package holds drawings, renderings and photographs. Which are photographs was decided by looking at each; they
stand in data/stamps/stamps.csv, and only those are taken: cut to what can be seen, made smaller, and stored as WebP.
The same package and the same Pillow give the same bytes.
"""

import argparse
import csv
import hashlib
import io
import subprocess
import tempfile
import zipfile
from pathlib import Path

from PIL import Image

from coursekit.data.stamps import SIDE
from coursekit.files import writing

FOLDER = Path(__file__).parent.parent / "data" / "stamps"
PACKAGE, VERSION = "tuxpaint-stamps-default", "2022.06.04-1"
SHA256 = "6db6c1bfc870a47f1499d6203b083522eacb57c5f9c87d468f2e92eb6d9d5f34"
INSIDE = "usr/share/tuxpaint/stamps"
QUALITY = 75


def download(folder):
    """The package's file, fetched into `folder` by apt-get from the source that the machine is set up with."""
    subprocess.run(["apt-get", "download", f"{PACKAGE}={VERSION}"], cwd=folder, check=True)
    return next(folder.glob("*.deb"))


def verify(package):
    """Raise ValueError unless the file `package` is the very one that the photographs were chosen from."""
    found = hashlib.sha256(package.read_bytes()).hexdigest()
    if found != SHA256:
        raise ValueError(f"Expected {PACKAGE} {VERSION} with SHA-256 {SHA256}, found {found} in {package}: fetch "
                         "that version, or look at every image of the new one before you change the checksum.")


def shrink(image):
    """`image` with alpha, without its empty rim, its longer side at most `SIDE` pixels; never enlarged."""
    image = image.convert("RGBA")
    image = image.crop(image.getchannel("A").point(lambda alpha: 255 * (alpha >= 128)).getbbox())
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    return image


def encode(image):
    """`image` as WebP: colors with a little loss, alpha without."""
    stream = io.BytesIO()
    image.save(stream, "WEBP", quality=QUALITY, alpha_quality=100, method=6)
    return stream.getvalue()


def make(unpacked, rows, target):
    """Write the photographs of `rows` of the table, taken from the folder `unpacked`, to the archive `target`."""
    with writing(target) as path, zipfile.ZipFile(path, "w") as archive:  # stored: WebP is compressed already
        for row in rows:
            with Image.open(unpacked / INSIDE / row["file"]) as image:
                archive.writestr(zipfile.ZipInfo(f"{row['name']}.webp"), encode(shrink(image)))  # dated 1980


def main(arguments=None):
    """Fetch the package or take the one that is named, verify it, and write the archive."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--package", type=Path, help="the package's file, if it was fetched before")
    chosen = parser.parse_args(arguments)
    with (FOLDER / "stamps.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    with tempfile.TemporaryDirectory() as temporary:
        package = chosen.package or download(Path(temporary))
        try:
            verify(package)
        except ValueError as error:
            parser.error(str(error))
        subprocess.run(["dpkg-deb", "--extract", package, Path(temporary) / "unpacked"], check=True)
        make(Path(temporary) / "unpacked", rows, FOLDER / "stamps.zip")
    content = (FOLDER / "stamps.zip").read_bytes()
    print(f"{len(rows)} photographs, {len(content):,} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
