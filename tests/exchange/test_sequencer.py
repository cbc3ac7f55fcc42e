"""Any order, any repeats: each trade new once, all of them in sequence."""

from hypothesis import given
from hypothesis import strategies as st

from locksley.exchange.sequencer import Sequencer
from tests.exchange.fake_exchange import trade


@given(st.data(), st.integers(1, 30), st.integers(0, 1_000))
def test_any_delivery(data: st.DataObject, count: int, start: int) -> None:
    sequences = list(range(start + 1, start + count + 1))
    repeats = data.draw(st.lists(st.sampled_from([*sequences, max(1, start)]), max_size=30))
    delivery = data.draw(st.permutations(sequences + repeats))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(delivery)), max_size=5)))
    sequencer = Sequencer(start)
    new: list[int] = []
    in_order: list[int] = []
    for begin, end in zip([0, *cuts], [*cuts, len(delivery)], strict=True):
        seen, contiguous = sequencer.take([trade(sequence) for sequence in delivery[begin:end]])
        new += [known.sequence for known in seen]
        in_order += [known.sequence for known in contiguous]
    assert new == list(dict.fromkeys(sequence for sequence in delivery if sequence > start))
    assert in_order == sequences
    assert sequencer.whole
    assert sequencer.position == start + count


@given(st.sets(st.integers(1, 40), min_size=1))
def test_gaps_name_exactly_what_is_missing(present: set[int]) -> None:
    sequencer = Sequencer(0)
    sequencer.take([trade(sequence) for sequence in sorted(present, reverse=True)])
    missing: list[int] = []
    while (gap := sequencer.gap) is not None:
        missing += range(gap[0] + 1, gap[1] + 1)
        sequencer.take([trade(sequence) for sequence in range(gap[0] + 1, gap[1] + 1)])
    assert missing == sorted(set(range(1, max(present) + 1)) - present)


def test_giving_up_skips_one_stretch_at_a_time() -> None:
    sequencer = Sequencer(0)
    sequencer.take([trade(3), trade(5)])
    first = sequencer.give_up(10)
    assert first is not None
    assert first[0] == (1, 2)
    assert [known.sequence for known in first[1]] == [3]
    second = sequencer.give_up(4)
    assert second is not None
    assert second[0] == (4, 4)
    assert [known.sequence for known in second[1]] == [5]
    assert sequencer.give_up(5) is None
