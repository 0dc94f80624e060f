"""Adult: the same rows from the publisher's files and from a package's table."""

import hashlib
import importlib

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from coursekit import data
from coursekit.data.adult import COLUMNS
from coursekit.data.fetch import Origin, data_set

module = importlib.import_module("coursekit.data.adult")  # its name leads to the function

TRAIN = ["39, State-gov, 77516, Bachelors, 13, Never-married, Adm-clerical, Not-in-family, White, Male, "
         "2174, 0, 40, United-States, <=50K",
         "52, ?, 209642, HS-grad, 9, Married-civ-spouse, ?, Husband, White, Male, 0, 0, 45, ?, >50K"]
TEST = ["25, Private, 226802, 11th, 7, Never-married, Machine-op-inspct, Own-child, Black, Male, 0, "
        "0, 40, United-States, <=50K"]
FIRST_LINE = "|1x3 Cross validator\n"


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A folder of the learner's own with the publisher's files."""
    folder = tmp_path / "own/adult"
    folder.mkdir(parents=True)
    (folder / "adult.data").write_text("\n".join(TRAIN) + "\n\n")
    (folder / "adult.test").write_text(FIRST_LINE + "".join(f"{row}.\n" for row in TEST) + "\n")
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path / "own"))
    return folder


@pytest.fixture
def carried(tmp_path):
    """A folder with the same rows as the package carries them: test rows first, "?" for the unknown."""
    folder = tmp_path / "package"
    folder.mkdir()
    table = pd.DataFrame([row.split(", ") for row in TEST + TRAIN], columns=COLUMNS)
    numbers = ["age", "fnlwgt", "education-num", "capital-gain", "capital-loss", "hours-per-week"]
    table = table.astype(dict.fromkeys(numbers, "int64"))
    table = table.rename(columns={"education-num": "educational-num", "sex": "gender"})
    table.to_parquet(folder / "adult.parquet.brotli", compression="brotli")
    return folder


def test_the_publishers_rows(published, capsys):
    adult = data.adult()
    assert adult.origin.source == "COURSEKIT_DATA" and adult.origin.real
    assert capsys.readouterr().out.strip() == str(adult.origin)
    assert list(adult.table) == COLUMNS and adult.table["age"].tolist() == [39, 52, 25]
    assert adult.table["income"].tolist() == ["<=50K", ">50K", "<=50K"]  # without adult.test's point
    unknown = ["workclass", "occupation", "native-country"]
    assert adult.table.columns[adult.table.isna().any()].tolist() == unknown
    assert adult.table.loc[1, unknown].isna().all() and adult.table["workclass"][0] == "State-gov"
    assert adult.table["capital-gain"].dtype == "int64"


def test_a_package_gives_the_same_frame(published, carried, monkeypatch):
    ours = data.adult()
    monkeypatch.setattr(module, "N_TEST", len(TEST))
    origin = Origin("adult", "1996", "package", "CC BY 4.0", True)
    monkeypatch.setattr(module, "locate", lambda name: (carried, origin))
    assert_frame_equal(data.adult().table, ours.table)


def test_the_real_package_holds_the_publishers_very_bytes(monkeypatch):
    monkeypatch.delenv("COURSEKIT_DATA", raising=False)
    known = data_set("adult")
    if any(known.problems("package")):
        pytest.skip("the package was not fetched: python -m coursekit data get --packages")
    table = module._carried(known.folder("package"))
    rows = [", ".join(row) for row in table.fillna("?").astype(str).itertuples(index=False)]
    train, test = rows[:-module.N_TEST], rows[-module.N_TEST:]
    written = {"adult.data": "\n".join(train) + "\n\n",
               "adult.test": FIRST_LINE + "".join(f"{row}.\n" for row in test) + "\n"}
    for file in known.entry["publisher"]["files"]:
        content = written[file["name"]].encode()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file["size"], file["sha256"])
