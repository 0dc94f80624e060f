"""Numbers in the text of a lesson must come from somewhere: the rule, in plain Python.

A number in a markdown cell is checked if it has a decimal point or a negative exponent, is a percentage, or
is 1000 or more (10,000; 60k; 2 million). It must then be one of:

- the lecture's, marked by `<span class="lecture">...</span>` (at most 300 characters, no empty line);
- measured: a number in an output of an earlier code cell rounds to it, at the digits that the text prints
  (text 0.96, output 0.9642). A percentage may also be 100 times a measured share (text 96 %, output 0.9642);
- the code's: a number in the source of an earlier code cell, or of those right below the text, that is equal
  to it (or to its share, for a percentage). Comments and strings do not count, they may say anything.

Signs are ignored ("falls by 0.3"). Not looked at: code, LaTeX, links, HTML tags, the header table in the
first cell, years from 1950 to 2039, versions (2.14.0), clock times (1:02:05), and numbers that name a place
("section 2.1", "lesson 1.2", "### 3.1 Title").
"""

import io
import re
import tokenize
from dataclasses import dataclass

SCALES = {"k": 3, "thousand": 3, "M": 6, "million": 6, "billion": 9}
NUMBER = re.compile(
    r"(?<![\w.:])"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
    r"(?P<exponent>e[-+]?\d+)?"
    r"(?![\d:]|\.\d|,\d{3}(?!\d))"
    r"(?:(?P<percent>\s?%|\spercent\b|\sper cent\b)|\s?(?P<scale>k|thousand|M|million|billion)\b)?",
    re.IGNORECASE)
LECTURE = re.compile(r'<span class="lecture">((?:(?!</span>|\n\s*\n).){1,300})</span>', re.S)
PLACE = re.compile(r"\b(?:sections?|lessons?|lectures?|chapters?|figures?|tables?|versions?|Python|PyTorch)\s"
                   r"\d+(?:\.\d+)*(?:\s(?:and|to)\s\d+(?:\.\d+)*)?", re.IGNORECASE)
IGNORED = [
    re.compile(r"^( *)(```|~~~).*?^ *\2", re.S | re.M),            # code
    re.compile(r"<!--.*?-->", re.S),
    LECTURE,
    re.compile(r"(`+)(?:(?!\n\s*\n).)+?\1", re.S),                 # code within a line
    re.compile(r"\$\$.+?\$\$|\\\[.+?\\\]|\\begin\{.+?\\end\{", re.S),
    re.compile(r"(?<![\\$])\$(?:(?!\n\s*\n)[^$])+\$"),             # LaTeX within a line
    re.compile(r"!?\[[^\]]*\]\([^)]*\)|https?://\S+"),             # links
    re.compile(r"</?[A-Za-z][^>]*>"),
    re.compile(r"^#+\s+\d+(?:\.\d+)*\.?\s|^\s*\d{1,2}\.\s", re.M),  # numbers of headings and of lists
    PLACE,
    re.compile(r"(?<![\w.,])(?:19[5-9]\d|20[0-3]\d)(?![\w%]|,\d|\.\d|\s%)"),   # years
]


@dataclass(frozen=True)
class Number:
    """A number as printed: its size, how many decimals it shows (60k: -3), whether it is a percentage."""

    text: str
    value: float
    decimals: int
    percent: bool = False

    @property
    def checked(self):
        """Whether the rule asks where it comes from."""
        return self.percent or self.value >= 1000 or self.decimals > 0

    def is_rounded(self, exact):
        """Whether `exact`, rounded, is this number; for a percentage also 100 * `exact`."""
        half = 0.5 * 10.0**-self.decimals * (1 + 1e-9)
        return any(abs(value - self.value) <= half for value in self._readings(exact))

    def is_equal(self, constant):
        """Whether the code's `constant` is this number; for a percentage also 100 * `constant`."""
        return any(abs(value - self.value) <= 1e-9 * self.value for value in self._readings(constant))

    def _readings(self, value):
        "The sizes that a value may have in the unit of this number."
        return (value, 100 * value) if self.percent else (value,)


def find_numbers(text):
    """All numbers in `text`, as `Number`."""
    return [_number(match) for match in NUMBER.finditer(text)]


def _number(match):
    "The number of one match of NUMBER."
    digits = match["digits"].replace(",", "")
    power = int((match["exponent"] or "e0")[1:])
    if match["scale"]:
        power += next(zeros for name, zeros in SCALES.items() if name.lower() == match["scale"].lower())
    decimals = len(digits.partition(".")[2]) - power
    return Number(match[0].strip(), float(digits) * 10.0**power, decimals, bool(match["percent"]))


def strip(text, header=False):
    """`text` without what the rule does not look at; `header` also drops the rows of tables."""
    for pattern in IGNORED:
        text = pattern.sub(" ", text)
    return re.sub(r"^\s*\|.*$", "", text, flags=re.M) if header else text


def constants(source):
    """The values of the numbers that Python `source` uses; comments and strings are left out."""
    values = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.NUMBER and not token.string.lower().endswith("j"):
                text = token.string.replace("_", "")
                values.append(float(int(text, 0)) if text[:2].lower() in ("0x", "0b", "0o") else float(text))
    except (tokenize.TokenError, SyntaxError):
        pass  # a cell may hold a mistake on purpose; what came before it counts
    return values


def output_text(output):
    """All that can be read in a stored output: text, tables, captions, errors."""
    data = output.get("data", {})
    parts = [output.get("text", ""), output.get("ename", ""), output.get("evalue", "")]
    parts += [data.get(kind, "") for kind in ("text/plain", "text/markdown", "text/latex")]
    html = re.sub(r"<style.*?</style>|<script.*?</script>", "", join(data.get("text/html", "")), flags=re.S)
    return "\n".join([*map(join, parts), re.sub(r"<[^>]*>", " ", html)])


def join(text):
    """A source or text of a notebook's file, where it may be a list of lines, as one string."""
    return text if isinstance(text, str) else "".join(text)


def unsupported_numbers(cells):
    """(index of the cell, number as printed) for each number of the text that comes from nowhere."""
    measured, coded, found = [], [], []
    for i, cell in enumerate(cells):
        source = join(cell["source"])
        if cell["cell_type"] == "code":
            coded += constants(source)
            texts = map(output_text, cell.get("outputs", []))
            measured += [number.value for text in texts for number in find_numbers(text)]
        elif cell["cell_type"] == "markdown":
            allowed = coded + constants(_code_below(cells, i))
            found += [(i, n.text) for n in find_numbers(strip(source, header=i == 0)) if n.checked
                      and not any(map(n.is_rounded, measured)) and not any(map(n.is_equal, allowed))]
    return found


def _code_below(cells, i):
    "The source of the code cells between text cell `i` and the next text."
    sources = []
    for cell in cells[i + 1:]:
        if cell["cell_type"] != "code":
            break
        sources.append(join(cell["source"]))
    return "\n".join(sources)
