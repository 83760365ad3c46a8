"""Events reach a webhook: signed, in order, at least once; a receiver that is down delays and never drops."""

from __future__ import annotations

import threading

import pytest

from crawler.delivery.dispatcher import Dispatcher
from crawler.delivery.opening import open_sink
from crawler.delivery.sink import SinkError
from storage import Archive
from tests.crawler.delivery.conftest import SECRET, Receiver, ids
from tests.storage.newsroom import article, keep_all


class ToldFacts(list[tuple[str, dict[str, object]]]):
    """The facts of a dispatcher."""

    def __call__(self, fact: str, **details: object) -> None:
        self.append((fact, details))

    def names(self) -> list[str]:
        return [fact for fact, _ in self]


def dispatcher(archive: Archive, receiver: Receiver, told: ToldFacts | None = None, **more: float) -> Dispatcher:
    return Dispatcher(
        archive, open_sink(receiver.url, secret=SECRET), receiver.url, ToldFacts() if told is None else told, **more
    )


def test_every_event_arrives_in_order_and_once(news: Archive, receiver: Receiver) -> None:
    """A second delivery has nothing to say, a third what is new."""
    assert dispatcher(news, receiver).deliver().delivered == 8
    assert [event["id"] for event in receiver.events] == ids(news)
    assert dispatcher(news, receiver).deliver().delivered == 0
    keep_all(news, article(9))
    assert dispatcher(news, receiver).deliver().delivered == 2
    assert [event["id"] for event in receiver.events] == ids(news)


@pytest.mark.slow
def test_a_receiver_that_stumbles_is_asked_again_and_gets_everything(news: Archive, receiver: Receiver) -> None:
    """500, and 503 with the pause it asks for; the order stays."""
    receiver.answers = [(200, {}), (500, {}), (503, {"Retry-After": "0"}), (200, {}), (429, {"Retry-After": "1"})]
    told = ToldFacts()
    done = dispatcher(news, receiver, told).deliver()
    assert (done.delivered, done.dead) == (8, 0)
    assert [event["id"] for event in receiver.events] == ids(news)
    assert told.names() == ["sink.unavailable"] * 3
    assert told[0][1]["reason"] == "http://127.0.0.1: HTTP 500 no, thank you"
    assert told[2][1]["retry_in"] == 1.0


def test_an_event_that_is_refused_is_put_aside_and_can_be_delivered_later(news: Archive, receiver: Receiver) -> None:
    """Those behind it get through; what is taken later is no longer listed."""
    receiver.answers = [(200, {}), (422, {})]
    told = ToldFacts()
    there = dispatcher(news, receiver, told)
    done = there.deliver()
    assert (done.delivered, done.dead) == (7, 1)
    (note,) = there.dead()
    assert note["event"]["id"] == ids(news)[1]
    assert note["reason"] == "HTTP 422 no, thank you"
    assert told.names() == ["event.dead"]
    assert there.retry_dead().delivered == 1
    assert list(there.dead()) == []
    assert sorted(str(event["id"]) for event in receiver.events) == sorted(ids(news))


@pytest.mark.slow
def test_what_is_never_taken_is_put_aside_after_the_patience(news: Archive, receiver: Receiver) -> None:
    """Not dropped: listed with the reason."""
    receiver.answers = [(401, {"Retry-After": "0"})] * 10_000
    there = dispatcher(news, receiver, patience=0.05)
    done = there.deliver()
    assert (done.delivered, done.dead) == (0, 8)
    assert {note["reason"] for note in there.dead()} == {"not taken for 0.05 s: http://127.0.0.1: HTTP 401 no, thank you"}


def test_a_courier_that_is_stopped_while_the_receiver_is_down_ends_at_once_and_goes_on_later(
    news: Archive, receiver: Receiver
) -> None:
    """The pause the receiver asked for (five minutes) is not slept through."""
    receiver.answers = [(200, {}), (503, {"Retry-After": "300"})]
    there = dispatcher(news, receiver)
    thread = threading.Thread(target=there.follow, args=[60.0])
    thread.start()
    for _ in range(2):
        assert receiver.called.acquire(timeout=120)
    there.stop.set()
    thread.join(timeout=120)
    assert not thread.is_alive()
    assert dispatcher(news, receiver).deliver().delivered == 7
    assert [event["id"] for event in receiver.events] == ids(news)


def test_a_follower_is_woken_by_news(news: Archive, receiver: Receiver) -> None:
    """It need not wait for its next look."""
    wake = threading.Event()
    there = dispatcher(news, receiver)
    thread = threading.Thread(target=there.follow, args=[600.0, wake])
    thread.start()
    for _ in range(8):
        assert receiver.called.acquire(timeout=120)
    keep_all(news, article(9))
    wake.set()
    for _ in range(2):
        assert receiver.called.acquire(timeout=120)
    there.stop.set()
    wake.set()
    thread.join(timeout=120)
    assert [event["id"] for event in receiver.events] == ids(news)


def test_a_replay_hands_over_again_and_leaves_the_cursor(news: Archive, receiver: Receiver) -> None:
    """With the same ids."""
    there = dispatcher(news, receiver)
    there.deliver()
    assert there.replay(news.changes()).delivered == 8
    assert [event["id"] for event in receiver.events] == ids(news) * 2
    assert there.deliver().delivered == 0


@pytest.mark.parametrize(
    ("url", "secret", "says"),
    [
        ("http://hooks.example.org/x", SECRET, "needs https"),
        ("https://hooks.example.org/x?token=hidden", None, "WARRAQ_WEBHOOK_SECRET"),
        ("https://hooks.example.org/x", "whsec_", "WARRAQ_WEBHOOK_SECRET"),
        ("https://hooks.example.org/x", "whsec_a", "WARRAQ_WEBHOOK_SECRET"),
        ("gopher://x", SECRET, "is no sink"),
    ],
)
def test_a_sink_that_cannot_be_used_is_said_in_one_line(url: str, secret: str | None, says: str) -> None:
    """Without what may be a secret in its address."""
    with pytest.raises(SinkError, match=says) as said:
        open_sink(url, secret=secret)
    assert "hidden" not in str(said.value)
    assert "\n" not in str(said.value)
