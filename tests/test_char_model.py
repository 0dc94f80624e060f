import pytest
import torch

from coursekit.callbacks import Callback, ClipGradients
from coursekit.learner import Learner
from coursekit.loaders import Loaders
from coursekit.text import CharModel, ResetState, StreamLoader, continuation, sequence_loss, write


@pytest.fixture(params=["RNN", "GRU", "LSTM"])
def model(request):
    torch.manual_seed(0)
    return CharModel(5, request.param, n_factors=3, n_hidden=8, n_layers=2, dropout=0.5).eval()


@pytest.fixture
def x():
    return torch.randint(0, 5, (2, 12), generator=torch.Generator().manual_seed(1))


def test_two_halves_with_the_state_carried_are_one_whole(model, x):
    whole = model(x)
    model.reset()
    assert torch.allclose(torch.cat([model(x[:, :5]), model(x[:, 5:])], dim=1), whole, atol=1e-6)
    assert whole.shape == (2, 12, 5)


def test_reset_forgets(model, x):
    first = model(x)
    assert not torch.allclose(model(x), first)
    model.reset()
    assert torch.allclose(model(x), first)


def test_gradients_end_at_the_batch(model, x):
    model(x)
    for _ in range(2):
        model(x).sum().backward()
    state = model.states[model.training]
    assert all(not part.requires_grad for part in (state if isinstance(state, tuple) else [state]))


def test_dropout_works_in_training_only(model, x):
    model.train()
    outputs = []
    for _ in range(2):
        model.reset()
        outputs.append(model(x))
    assert not torch.allclose(*outputs)


def test_callbacks_reset_each_pass_and_clip(x):
    torch.manual_seed(0)
    codes, clip = torch.arange(200) % 5, ClipGradients(0.01)
    loaders, other_size = (Loaders(StreamLoader(codes, n, 8), StreamLoader(codes, n, 8)) for n in (4, 2))
    learn = Learner(CharModel(5, n_factors=4, n_hidden=8), loaders, sequence_loss, callbacks=[ResetState(), clip],
                    device="cpu")
    learn.fit(1, lr=1e-2)
    assert len(clip.norms) == len(loaders.train) and clip.norms[0] > 0.01
    learn.loaders = other_size
    learn.fit(1, lr=1e-2)
    with pytest.raises(RuntimeError):
        Learner(learn.model, loaders, sequence_loss, device="cpu").fit(1)


def test_clipping_shortens_and_keeps_the_direction():
    model = torch.nn.Linear(2, 1, bias=False)
    model.weight.grad = torch.tensor([[3.0, 4.0]])
    clip = ClipGradients(1.0)
    clip.after_backward(type("Learn", (), {"model": model}))
    assert torch.allclose(model.weight.grad, torch.tensor([[0.6, 0.8]]), atol=1e-4) and clip.norms[0].item() == 5


def test_writing_with_the_state_equals_reading_everything_again(model):
    def again(codes):
        model.reset()
        return model(codes[None])[0, -1]

    expected = write(again, [1, 2, 3], 20, seed=3)
    model.reset()
    model(torch.zeros(3, 2, dtype=torch.long))  # a state of another batch size is left over
    next_logits = continuation(model)
    for _ in range(2):  # the second text begins anew
        assert torch.equal(write(next_logits, [1, 2, 3], 20, seed=3), expected)
    assert torch.equal(write(next_logits, [4, 2, 3, 0], 5, seed=3), write(again, [4, 2, 3, 0], 5, seed=3))


def written(learn):
    """Five characters that the model writes."""
    return write(continuation(learn.model), [1, 2, 3], 5)


def validated(learn):
    """Loss on the validation data, which a second look finds unchanged."""
    loss = learn.validate()
    assert learn.validate() == loss
    return loss


def predicted(learn):
    """Logits of the first validation batch, read from nothing."""
    learn.model.states[False] = None
    return learn.predict([next(iter(learn.loaders.valid))])


@pytest.mark.parametrize("look", [written, validated, predicted])
def test_what_looks_at_a_training_in_its_middle_changes_nothing(look):
    codes, ends = torch.arange(200) % 5, []

    class Look(Callback):
        training_only = True

        def after_batch(self, learn):
            look(learn)

    for callbacks in ([], [Look()]):
        torch.manual_seed(0)
        loaders = Loaders(StreamLoader(codes, 4, 8), StreamLoader(codes, 4, 8))
        learn = Learner(CharModel(5, n_factors=4, n_hidden=8, dropout=0.5), loaders, sequence_loss,
                        callbacks=[ResetState(), *callbacks], device="cpu")
        learn.fit(2, lr=1e-2)
        ends.append([weight.detach() for weight in learn.model.parameters()])
    assert all(torch.equal(*pair) for pair in zip(*ends, strict=True))


def test_an_unknown_code_leaves_mode_and_state_as_they_were(model, x):
    model.train()
    model(x)
    before = dict(model.states)
    with pytest.raises(IndexError):
        write(continuation(model), [1, 99], 3)
    assert all(model.states[mode] is before[mode] for mode in (True, False)) and model.training


@pytest.mark.parametrize("kind", ["RNN", "LSTM"])
def test_weight_dropout_leaves_out_weights_between_states_in_training_only(kind, x):
    torch.manual_seed(0)
    model = CharModel(5, kind, n_factors=3, n_hidden=8, n_layers=2, weight_dropout=0.5)
    before, outputs = [weight.detach().clone() for weight in model.parameters()], []
    for _ in range(2):
        model.reset()
        outputs.append(model(x))
    assert torch.allclose(outputs[0][:, 0], outputs[1][:, 0])  # the first step has no state to read
    assert not torch.allclose(outputs[0][:, -1], outputs[1][:, -1])
    outputs[1].sum().backward()
    gradient = model.rnn.weight_hh_l1.grad
    assert 0.2 < (gradient == 0).float().mean() < 0.8
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
    model.eval()
    model.reset()
    whole = model(x)
    model.reset()
    assert torch.equal(model(x), whole)
