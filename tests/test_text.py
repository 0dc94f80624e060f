import math

import pytest
import torch

from coursekit.data.nietzsche import nietzsche
from coursekit.text import (
    StreamLoader,
    Vocabulary,
    bits_per_character,
    counting_loss,
    sequence_loss,
    windows,
    write,
)


@pytest.fixture
def codes():
    return torch.arange(100)


def test_vocabulary_begins_with_padding_and_comes_back():
    vocabulary = Vocabulary("banana")
    assert vocabulary.characters == ["\0", "a", "b", "n"] and len(vocabulary) == 4
    assert vocabulary.encode("nab").tolist() == [3, 1, 2]
    assert vocabulary.decode(vocabulary.encode("banana")) == "banana"


def test_an_unknown_character_is_named():
    with pytest.raises(ValueError, match="'x'"):
        Vocabulary("banana").encode("box"[::-1] + "n")


def test_windows_are_views_over_the_text(codes):
    view = windows(codes, length=3, stride=3)
    assert view[:2].tolist() == [[0, 1, 2, 3], [3, 4, 5, 6]]
    assert view.data_ptr() == codes.data_ptr()
    assert len(windows(codes, 8)) == 92
    with pytest.raises(ValueError, match="found 100"):
        windows(codes, 100)


def test_streams_go_on_from_batch_to_batch(codes):
    loader = StreamLoader(codes, batch_size=3, length=8)
    batches = list(loader)
    assert len(batches) == len(loader) == 4
    assert torch.equal(batches[0][0][:, -1] + 1, batches[1][0][:, 0])
    assert all(torch.equal(x + 1, y) for x, y in batches)
    with pytest.raises(ValueError, match="at least"):
        StreamLoader(codes, batch_size=20, length=8)


def test_batches_of_a_stream_are_copies(codes):
    loader = StreamLoader(codes, batch_size=3, length=8)
    for x, y in loader:
        x.zero_(), y.zero_()
    assert torch.equal(codes, torch.arange(100)) and next(iter(loader))[1][0, 0] == 1


def test_loss_of_a_sequence_is_the_mean_over_its_characters():
    logits, targets = torch.zeros(2, 5, 7), torch.ones(2, 5, dtype=torch.long)
    assert sequence_loss(logits, targets).item() == pytest.approx(math.log(7))
    assert bits_per_character(math.log(8)) == pytest.approx(3)


def test_writing_is_greedy_at_zero_and_repeats_with_its_seed():
    prefer = torch.tensor([0.0, 1.0, 5.0])
    assert write(lambda codes: prefer, [0], 4, temperature=0).tolist() == [2] * 4
    first = write(lambda codes: torch.zeros(3), [0], 20, seed=1)
    assert torch.equal(first, write(lambda codes: torch.zeros(3), [0], 20, seed=1)) and len(first.unique()) > 1
    assert 0 not in write(lambda codes: prefer, [0], 50, temperature=9, top_k=2).tolist()


def test_writing_sees_what_it_wrote():
    seen = []
    write(lambda codes: seen.append(codes.tolist()) or torch.tensor([0.0, 9.0]), [0, 0], 2, temperature=0)
    assert seen == [[0, 0], [0, 0, 1]]


def test_the_book_is_the_lectures_or_says_that_it_is_not(capsys):
    book = nietzsche()
    assert len(book.text) > 500_000
    vocabulary = Vocabulary(book.text)
    if book.is_lectures:
        assert vocabulary.encode(book.text[:10]).tolist() == [40, 42, 29, 30, 25, 27, 29, 1, 1, 1]
    else:
        assert "stand-in" in capsys.readouterr().out


def test_another_copy_is_refused(tmp_path, monkeypatch):
    (tmp_path / "text").mkdir()
    (tmp_path / "text/nietzsche.txt").write_text("PREFACE", encoding="utf-8")
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path))
    with pytest.raises(ValueError, match="found 7 and 6"):
        nietzsche()


@pytest.mark.parametrize("top_k", [1, 2])
def test_writing_leaves_the_logits_of_the_caller_as_they_are(top_k):
    table = torch.nn.Embedding(4, 4)  # the first model one tries: the next character after each
    before = table.weight.detach().clone()
    written = write(lambda codes: table.weight[codes[-1]], [0], 20, top_k=top_k)
    assert len(written) == 20 and torch.equal(table.weight, before)
    assert torch.equal(written, write(lambda codes: before[codes[-1]].clone(), [0], 20, top_k=top_k))


def test_padding_does_not_count_in_a_sequence():
    logits, targets = torch.randn(2, 5, 7), torch.randint(7, (2, 5))
    targets[0, 3:] = -100
    expected = torch.nn.functional.cross_entropy(logits.flatten(0, 1)[targets.flatten() >= 0], targets[targets >= 0])
    assert torch.allclose(sequence_loss(logits, targets), expected)


def test_an_empty_text_has_no_codes():
    codes = Vocabulary("banana").encode("")
    assert codes.shape == (0,) and codes.dtype == torch.int64


@pytest.mark.parametrize("start", ["", "ban", [], torch.tensor([], dtype=torch.int64)])
def test_writing_needs_codes_to_start_from(start):
    with pytest.raises(ValueError, match=r"Expected the codes of one character or more .*: give vocabulary.encode"):
        write(lambda codes: torch.zeros(3), start, 4)


def test_a_top_k_beyond_the_vocabulary_lets_all_compete():
    for top_k in (0, None, 3, 4, 1000):
        written = write(lambda codes: torch.zeros(3), [0], 50, top_k=top_k)
        assert torch.equal(written, write(lambda codes: torch.zeros(3), [0], 50)) and len(written.unique()) == 3


@pytest.mark.parametrize("temperature", [1e-3, 1e-30, 1e-40, 1e-320, 0])
@pytest.mark.parametrize("top_k", [None, 2])
def test_a_tiny_temperature_takes_the_likeliest(temperature, top_k):
    logits = torch.tensor([-100.0, 50.0, 49.0])
    assert write(lambda codes: logits, [0], 5, temperature, top_k).tolist() == [1] * 5


def test_equal_characters_share_at_a_tiny_temperature():
    written = write(lambda codes: torch.tensor([5.0, 1.0, 5.0]), [0], 50, 1e-35)
    assert set(written.tolist()) == {0, 2}


@pytest.mark.parametrize("wrong", [{"temperature": -1}, {"temperature": math.inf}, {"temperature": math.nan},
                                   {"top_k": -1}])
def test_impossible_ways_to_sample_are_refused(wrong):
    with pytest.raises(ValueError, match="Expected a temperature and a top_k of 0 or more, found"):
        write(lambda codes: torch.zeros(3), [0], 4, **wrong)


def test_the_end_of_a_line_is_one_character_on_every_system():
    here, windows_text = Vocabulary("one\ntwo"), Vocabulary("one\r\ntwo")
    assert here.characters == windows_text.characters
    assert here.encode("one\r\ntwo").tolist() == here.encode("one\ntwo").tolist()
    assert here.decode(here.encode("o\r\n")) == "o\n" and "\r" in Vocabulary("old\rMac").characters


def test_a_counting_model_spreads_one_over_all_letters_and_knows_what_it_has_seen():
    train = torch.tensor([1, 2, 3, 1, 2, 0, 1, 3, 2, 1, 2, 3, 0, 2, 1] * 3)
    for order in (0, 1, 3):
        for context in ([1, 2, 3], [3, 3, 3]):  # seen, never seen
            losses = [counting_loss(train, torch.tensor([*context[3 - order:], y]), 5, order) for y in range(5)]
            assert sum(math.exp(-loss) for loss in losses) == pytest.approx(1, abs=1e-9)
    counts = train.bincount(minlength=5)
    by_hand = [(max(count - 0.9, 0) + 0.9 * 4 / 5) / 45 for count in counts.tolist()]
    found = [math.exp(-counting_loss(train, torch.tensor([y]), 5, 0)) for y in range(5)]
    assert found == pytest.approx(by_hand)


def test_a_longer_look_back_counts_better_where_it_helps():
    text = torch.tensor([0, 1, 1, 0, 2, 1] * 50)  # after 1 comes 0, 1 or the next round; after three letters it is sure
    losses = [counting_loss(text[:200], text[200:], 3, order) for order in (0, 1, 3)]
    assert losses == sorted(losses, reverse=True) and losses[-1] < 0.1
