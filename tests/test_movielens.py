"""MovieLens: the same frames from the publisher's files and from a package's tables."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from coursekit import data
from coursekit.data import movielens
from coursekit.data.fetch import Origin, data_set
from coursekit.data.movielens import GENRES, PUBLISHED, as_published

ITEMS = [
    "1|Toy Story (1995)|01-Jan-1995||http://films/1|" + "0|0|0|1|1|1" + "|0" * 13,
    "2|Misérables, Les (1995)|4-Feb-1971||http://films/2|" + "0" + "|0" * 7 + "|1" + "|0" * 10,
    '3|"Quoted" (1990) ||||' + "1" + "|0" * 18,
]
FILES = {
    "u.data": "196\t2\t3\t881250949\n186\t3\t5\t891717742\n196\t1\t1\t878887116\n",
    "u.item": "\n".join(ITEMS) + "\n",
    "u.user": "186|39|F|executive|00000\n196|49|M|none|T8H1N\n",
    "u.genre": "".join(f"{name}|{i}\n" for i, name in enumerate(GENRES)) + "\n",
}
ORIGIN = Origin("movielens_100k", "1998", "package", "GroupLens", True)


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A folder of the learner's own with the publisher's files."""
    folder = tmp_path / "own/ml-100k"
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_bytes(text.encode("latin-1"))
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path / "own"))
    return folder


@pytest.fixture
def carried(tmp_path):
    """A folder with the same data as a package carries them."""
    folder = tmp_path / "package"
    folder.mkdir()
    ratings = pd.DataFrame({"user_id": [196, 186, 196], "movie_id": [2, 3, 1], "rating": [3, 5, 1],
                            "timestamp": [881250949, 891717742, 878887116]})
    items = pd.DataFrame({"movie_id": [1, 2, 3],
                          "movie_title": ["Toy Story (1995)", "Misérables, Les (1995)", '"Quoted" (1990) '],
                          "release_date": ["01-Jan-1995", "4-Feb-1971", None], "video_release_date": [np.nan] * 3,
                          "IMDb_URL": ["http://films/1", "http://films/2", None]})
    for genre in GENRES:
        films = {"unknown": [3], "Animation": [1], "Children's": [1], "Comedy": [1], "Drama": [2]}.get(genre, [])
        items[genre] = items["movie_id"].isin(films).astype(int)
    users = pd.DataFrame({"user_id": [186, 196], "age": [39, 49], "gender": ["F", "M"],
                          "occupation": ["executive", "none"], "zip_code": ["00000", "T8H1N"]})
    for name, table in {"data": ratings, "items": items, "users": users}.items():
        table.to_parquet(folder / f"MovieLens100k_{name}.parquet.brotli", compression="brotli")
    return folder


def from_package(folder, monkeypatch, name="movielens_100k", origin=ORIGIN):
    """What `name` gives where the package is the source."""
    monkeypatch.setattr(movielens, "locate", lambda name: (folder, origin))
    return getattr(data, name)()


def test_a_package_gives_the_publishers_files_and_frames(published, carried, monkeypatch):
    ours = data.movielens_100k()
    assert ours.origin.source == "COURSEKIT_DATA" and ours.folder == published
    theirs = from_package(carried, monkeypatch)
    assert theirs.folder == carried / "ml-100k"
    for name in PUBLISHED:
        assert (theirs.folder / name).read_bytes() == (published / name).read_bytes()
    for table in ("ratings", "movies", "users"):
        assert_frame_equal(getattr(ours, table), getattr(theirs, table))
    assert ours.genres == theirs.genres == GENRES


def test_the_frames(published, capsys):
    lens = data.movielens_100k()
    assert capsys.readouterr().out.strip() == str(lens.origin)
    assert list(lens.ratings) == ["user", "movie", "rating", "timestamp"]
    assert lens.ratings["user"].tolist() == [196, 186, 196]  # the publisher's order
    assert list(lens.movies) == ["movie", "title", "release_date", "url", *GENRES]
    assert lens.movies["title"].tolist() == ["Toy Story (1995)", "Misérables, Les (1995)", '"Quoted" (1990) ']
    assert lens.movies["release_date"][1] == pd.Timestamp(1971, 2, 4) and pd.isna(lens.movies["release_date"][2])
    assert lens.movies.set_index("movie")[GENRES].sum(axis=1).tolist() == [3, 1, 1]
    assert lens.users.loc[0].tolist() == [186, 39, "F", "executive", "00000"]


def test_files_of_the_publishers_zip_lie_in_a_folder_of_it(tmp_path):
    assert as_published(tmp_path, "publisher") == tmp_path / "ml-100k"


def test_reading_the_films_as_utf8_fails(carried):
    folder = as_published(carried, "package")
    with pytest.raises(UnicodeDecodeError, match="utf-8"):
        pd.read_csv(folder / "u.item", sep="|", header=None)


def test_files_are_written_once_and_again_if_one_is_lost(carried):
    folder = as_published(carried, "package")
    before = (folder / "u.data").stat().st_mtime_ns
    assert as_published(carried, "package") == folder
    assert (folder / "u.data").stat().st_mtime_ns == before
    (folder / "u.item").unlink()
    assert (as_published(carried, "package") / "u.item").is_file()


def test_writing_that_fails_leaves_nothing(carried):
    items = carried / "MovieLens100k_items.parquet.brotli"
    table = pd.read_parquet(items)
    table.assign(movie_title="千と千尋").to_parquet(items, compression="brotli")
    before = sorted(carried.iterdir())
    with pytest.raises(UnicodeEncodeError):
        as_published(carried, "package")
    assert sorted(carried.iterdir()) == before


def test_made_up_ratings_look_like_the_publishers(tmp_path):
    folder = as_published(tmp_path / "generated", "generated")
    lens = movielens._read_100k(folder, ORIGIN)
    assert len(lens.ratings) == 10_000 and not lens.ratings.duplicated(["user", "movie"]).any()
    assert set(lens.ratings["rating"]) == {1, 2, 3, 4, 5} and lens.ratings["user"].value_counts().min() >= 20
    assert lens.ratings["movie"].isin(lens.movies["movie"]).all()
    assert list(lens.movies) == ["movie", "title", "release_date", "url", *GENRES]
    assert (lens.movies[GENRES].sum(axis=1) > 0).all() and lens.movies["release_date"].notna().all()
    assert len(lens.users) == 200 and lens.users["zip_code"].str.len().eq(5).all()
    again = as_published(tmp_path / "again", "generated")
    assert all((folder / name).read_bytes() == (again / name).read_bytes() for name in PUBLISHED)
    with pytest.raises(UnicodeDecodeError):
        (folder / "u.item").read_text(encoding="utf-8")


def test_made_up_ratings_hold_something_to_learn(tmp_path):
    ratings = movielens._read_100k(as_published(tmp_path, "generated"), ORIGIN).ratings
    means = ratings.groupby("movie")["rating"].transform("mean")
    assert ratings["rating"].sub(means).var() < 0.9 * ratings["rating"].var()


@pytest.mark.parametrize("listed", ["Comedy|IMAX", "Comedy|Drama|War"])
def test_small_of_any_release(tmp_path, monkeypatch, listed):
    folder = tmp_path / "ml-latest-small"
    folder.mkdir()
    (folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,31,2.5,1260759144\n1,7,4.0,1260759179\n")
    films = f'7,"Étoile, L\' (2001)",{listed}\n31,B,(no genres listed)\n'
    (folder / "movies.csv").write_text(f"movieId,title,genres\n{films}", encoding="utf-8")
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path))
    lens = data.movielens_small()
    assert lens.origin.source == "COURSEKIT_DATA" and lens.folder == folder and lens.users is None
    assert lens.ratings["movie"].tolist() == [31, 7] and lens.ratings["rating"].tolist() == [2.5, 4.0]
    assert lens.genres == listed.split("|") and list(lens.movies) == ["movie", "title", *lens.genres]
    assert lens.movies["title"][0] == "Étoile, L' (2001)"
    assert lens.movies[lens.genres].to_numpy().tolist() == [[1] * len(lens.genres), [0] * len(lens.genres)]


def test_small_from_its_publisher_lies_one_folder_deeper(tmp_path, monkeypatch):
    folder = tmp_path / "ml-latest-small"
    folder.mkdir()
    (folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,31,2.5,1260759144\n")
    (folder / "movies.csv").write_text("movieId,title,genres\n31,B,Drama\n")
    origin = Origin("movielens_small", "latest", "publisher", "GroupLens", True)
    assert from_package(tmp_path, monkeypatch, "movielens_small", origin).folder == folder


def test_100k_takes_the_place_of_small_and_says_so(carried, monkeypatch, capsys):
    monkeypatch.delenv("COURSEKIT_DATA", raising=False)
    origin = data_set("movielens_small")._origin("package", [])
    lens = from_package(carried, monkeypatch, "movielens_small", origin)
    assert len(lens.ratings) == 3 and lens.origin is origin and not origin.real
    out = capsys.readouterr().out
    assert "a stand-in, not the real data" in out and "MovieLens 100k takes its place." in out


def test_the_real_package_gives_the_publishers_very_bytes(monkeypatch):
    monkeypatch.delenv("COURSEKIT_DATA", raising=False)
    known = data_set("movielens_100k")
    if any(known.problems("package")):
        pytest.skip("the package was not fetched: python -m coursekit data get --packages")
    folder = as_published(known.folder("package"), "package")
    for file in known.entry["publisher"]["files"]:
        content = (folder.parent / file["name"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file["size"], file["sha256"])
