"""Work beside the event loop comes in pieces, with rests."""

from locksley.bar_store.pacing import Pace, in_pieces


def test_all_of_it_comes_in_order_with_a_rest_between_pieces() -> None:
    done: list[object] = []

    def rest(rest_s: float) -> None:
        done.append(f"rests {rest_s} s")

    for some in in_pieces(range(7), Pace(3, 0.5), rest):
        done += some
    assert done == [0, 1, 2, "rests 0.5 s", 3, 4, 5, "rests 0.5 s", 6]


def test_little_work_does_not_rest() -> None:
    rests: list[float] = []
    assert [list(some) for some in in_pieces([1, 2], Pace(2, 0.5), rests.append)] == [[1, 2]]
    assert list(in_pieces([], Pace(2, 0.5), rests.append)) == []
    assert rests == []
