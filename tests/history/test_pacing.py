"""Work beside the event loop comes in pieces, with rests."""

from locksley.bar_store.pacing import PIECE, in_pieces


def test_all_of_it_comes_in_order_with_a_rest_between_pieces() -> None:
    done: list[object] = []
    pieces = in_pieces(range(2 * PIECE + 1), lambda: done.append("rest"))
    for some in pieces:
        done += some
    assert done == [*range(PIECE), "rest", *range(PIECE, 2 * PIECE), "rest", 2 * PIECE]


def test_little_work_does_not_rest() -> None:
    rests: list[None] = []
    assert [list(some) for some in in_pieces([1, 2], lambda: rests.append(None))] == [[1, 2]]
    assert list(in_pieces([], lambda: rests.append(None))) == []
    assert rests == []
