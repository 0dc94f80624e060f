"""Make a searchable site of all lessons, build/book/index.html: `python scripts/book.py` (see `make book`).

The lessons are shown as they are stored; nothing is executed. Ends with an error if a link of ours leads nowhere.
"""

import html
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import yaml

ROOT = Path(__file__).parent.parent
SOURCE, SITE = ROOT / "build/book-source", ROOT / "build/book"
PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/course.md", "docs/course_map.svg", "docs/coursekit.md",
         "docs/coursekit.svg", "docs/names.md", "docs/lectures.md", "docs/hosting.md", "docs/online.md",
         "docs/your-own-data.md", "docs/more-devices.md", "docs/teaching.md", "docs/lesson.png",
         "data/README.md", "LICENSE", "LICENSE-PROSE.md", "CITATION.cff"]
SETTINGS = {
    "title": "Deep learning, executable",
    "author": "",
    "execute": {"execute_notebooks": "off"},
    "only_build_toc_files": True,
    "html": {"use_edit_page_button": False, "use_issues_button": False, "use_repository_button": False},
    "launch_buttons": {"notebook_interface": "jupyterlab"},
    "sphinx": {"config": {"suppress_warnings": ["myst.header", "mystnb.unknown_mime_type"],
                          "myst_heading_anchors": 4, "nb_merge_streams": True}},
    "parse": {"myst_enable_extensions": ["dollarmath", "amsmath", "html_image"]},
}


def copy_pages(source):
    """Put pages and lessons into the folder `source`, where they lie as in the repository."""
    for name in PAGES:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    (source / "nbs").mkdir()
    for path in sorted((ROOT / "nbs").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            for output in cell.get("outputs", []):
                speak(output)
        nbformat.write(notebook, source / "nbs" / path.name)


def speak(output):
    """Turn an image into HTML that carries its alt text, which the site would drop otherwise."""
    image = output.get("data", {}).get("image/png")
    if image:
        alt = html.escape(output.metadata["image/png"]["alt"], quote=True)
        encoded = "".join(image.split())
        output.data = {"text/html": f'<img loading="lazy" alt="{alt}" src="data:image/png;base64,{encoded}">'}


def contents():
    """The site's table of contents: the README, pages about the course, the lessons."""
    lessons = sorted((ROOT / "nbs").glob("*.ipynb"))
    pages = [name.removesuffix(".md") for name in PAGES if name.endswith(".md") and name != "README.md"]
    return {"format": "jb-book", "root": "README", "parts": [
        {"caption": "Lessons", "chapters": [{"file": f"nbs/{path.stem}", "title": numbered(path)}
                                             for path in lessons]},
        {"caption": "About the course", "chapters": [{"file": name} for name in pages]}]}


def numbered(path):
    """The title of the lesson at `path` after its number."""
    title = nbformat.read(path, as_version=4).cells[0].source.splitlines()[0].removeprefix("# ")
    return f"{path.stem.split('_')[0]} {title}"


def build():
    """Write the site."""
    for folder in (SOURCE, SITE):
        shutil.rmtree(folder, ignore_errors=True)
    copy_pages(SOURCE)
    (SOURCE / "_config.yml").write_text(yaml.safe_dump(SETTINGS), encoding="utf-8")
    (SOURCE / "_toc.yml").write_text(yaml.safe_dump(contents()), encoding="utf-8")
    subprocess.run([Path(sys.executable).with_name("jupyter-book"), "build", "--quiet", SOURCE], check=True)
    shutil.copytree(SOURCE / "_build/html", SITE)


class Page(HTMLParser):
    """Links, names that links can lead to, and images without alt text, of one HTML file."""

    def __init__(self, path):
        super().__init__()
        self.links, self.names, self.silent = [], set(), []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        """Note what this tag leads to and what it is called."""
        given = dict(attributes)
        self.names |= {given[key] for key in ("id", "name") if given.get(key)}
        self.links += [given[key] for key in ("href", "src") if given.get(key)]
        if tag == "img" and not given.get("alt"):
            self.silent.append(given.get("src", "")[:60])


def faults(site):
    """A sentence for every link within `site` that leads nowhere, and for every image without alt text."""
    pages = {path.resolve(): Page(path) for path in site.rglob("*.html") if "_static" not in path.parts}
    for path, page in pages.items():
        where = path.relative_to(site.resolve())
        yield from (f"{where}: an image has no alt text: {source}" for source in page.silent)
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                yield f"{where}: {link} leads nowhere."
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].names:
                yield f"{where}: {link} leads to a page without that heading."


def main():
    """Build, check, and say where the site is."""
    build()
    found = sorted(set(faults(SITE)))
    print("\n".join(found) or f"Open {SITE.relative_to(ROOT)}/index.html.")
    return len(found) > 0


if __name__ == "__main__":
    sys.exit(main())
