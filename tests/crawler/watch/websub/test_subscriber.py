"""`warraq watch` and a hub that its feed names, both as processes of their own over real sockets."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import urllib3

from crawler.demo.running import Running, serve
from storage.queues import open_queue
from tests.crawler.conftest import tree
from tests.crawler.watch.test_watch import news
from tests.crawler.watch.watching import SELDOM, Watching
from tests.crawler.watch.websub.hub import MOVED, Hub
from tests.crawler.watch.websub.pushing import FEED, Pushing

SECRET = "whsec_" + base64.b64encode(b"door" * 8).decode()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    folder = tmp_path / "hub"
    folder.mkdir()
    with Hub(folder) as running:
        yield running


@pytest.fixture
def world(hub: Hub) -> Pushing:
    made = Pushing.miniature()
    made.hub = hub.url
    return made


class Pushed(Watching):
    """A watch of Enab Baladi whose door the hub can find."""

    def __init__(self, running: Running, place: Path, hub: Hub, **env: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            door = f"127.0.0.1:{free.getsockname()[1]}"
        trusted = place / "trusted.pem"
        trusted.write_bytes(Path(running.env()["SSL_CERT_FILE"]).read_bytes() + hub.ca)
        public = {"WARRAQ_DOOR": door, "WARRAQ_DOOR_URL": f"http://{door}", "WARRAQ_DOOR_SECRET": SECRET}
        reach = {"SSL_CERT_FILE": str(trusted), "no_proxy": "localhost", "WARRAQ_PRIVATE_HOSTS": "localhost"}
        self.door = f"http://{door}"
        super().__init__(running, place, "enab_baladi", **{**public, **reach, **env})

    def told(self) -> str:
        """Its metrics."""
        return urllib3.request("GET", f"{self.door}/metrics", retries=False).data.decode()


@pytest.mark.slow
def test_news_are_kept_when_the_hub_tells_and_not_when_the_poll_is_due(world: Pushing, hub: Hub, tmp_path: Path) -> None:
    """The hub may send us on to another. What is wrongly signed is ignored. No secret is kept or told."""
    world.hub += MOVED.removeprefix("/")
    with serve(world) as running, Pushed(running, tmp_path, hub, **SELDOM) as watch:
        facts = watch.until_worked("enab_baladi")
        (subscription,) = hub.subscriptions
        assert subscription.verified == [200]
        assert (subscription.topic, subscription.agent[:7]) == (FEED, "Warraq/")
        story = news(world)
        world.publish(story)
        running.serve_anew(world)
        assert hub.distribute(subscription, b"news", secret="a guess") == 202
        watch.until(lambda: watch.of("websub.ignored", reason="the signature does not fit"))
        assert open_queue(str(tmp_path / "q.sqlite")).depth().waiting == 0
        assert hub.distribute(subscription, b"news") == 202
        watch.until_worked("enab_baladi", since=facts)
        assert watch.of("kept", url=world.url(story))
        assert 'warraq_websub_subscribed{outlet="enab_baladi"} 1.0' in watch.told()
        assert 'warraq_websub_distributions_total{outlet="enab_baladi",result="queued"} 1.0' in watch.told()
        assert watch.stop() == 0
    token = subscription.callback.rpartition("/")[2]
    for secret in (subscription.secret, token, SECRET, SECRET.removeprefix("whsec_")):
        assert not [key for key, data in tree(tmp_path / "a").items() if secret.encode() in data]
        assert secret not in f"{watch.facts}{watch.said}"
    assert hub.subscriptions == [subscription]


@pytest.mark.slow
def test_a_lease_is_renewed_before_it_ends_under_another_callback(world: Pushing, hub: Hub, tmp_path: Path) -> None:
    """In a poll that comes in time, though polls are seldom once the hub has told of news."""
    hub.lease = 25
    with serve(world) as running, Pushed(running, tmp_path, hub, WARRAQ_POLL_LONGEST="3600") as watch:
        watch.until(lambda: watch.of("websub.subscribed"))
        story = news(world)
        world.publish(story)
        running.serve_anew(world)
        assert hub.distribute(hub.subscriptions[0], b"news") == 202
        watch.until(lambda: watch.of("kept", url=world.url(story)))
        asked = watch.until(lambda: watch.of("websub.subscribed")[1:])
        assert watch.stop() == 0
    first, second = hub.subscriptions[:2]
    assert 0.8 * hub.lease <= (second.at - first.at).total_seconds() < hub.lease
    assert asked
    assert first.callback != second.callback
    assert first.secret != second.secret


@pytest.mark.slow
def test_a_subscription_outlives_the_process_and_a_second_worker_asks_for_none(world: Pushing, hub: Hub, tmp_path: Path) -> None:
    """What the hub was told by one is understood by the others, who have the same secret."""
    with serve(world) as running:
        with Pushed(running, tmp_path, hub) as watch:
            watch.until_worked("enab_baladi")
            watch.kill()
        (subscription,) = hub.subscriptions
        with Pushed(running, tmp_path, hub) as first, Pushed(running, tmp_path, hub) as second:
            first.until(lambda: first.of("watch.started"))
            second.until(lambda: len(first.of("work.finished") + second.of("work.finished")) >= 4)
            for watch in (first, second):
                moved = subscription.callback.replace(subscription.callback.partition("/websub/")[0], watch.door)
                assert hub.distribute(replace(subscription, callback=moved), b"news") == 202
                watch.until(lambda watch=watch: watch.of("websub.told"))
            assert (first.stop(), second.stop()) == (0, 0)
    assert hub.subscriptions == [subscription]


@pytest.mark.slow
def test_what_a_hub_denies_or_does_not_take_is_polled(world: Pushing, hub: Hub, tmp_path: Path) -> None:
    """A denial makes the outlet due at once; an error is told, and the hub is left alone for a while."""
    hub.status = 503
    with serve(world) as running, Pushed(running, tmp_path, hub) as watch:
        for _ in range(3):
            facts = watch.until_worked("enab_baladi", since=len(watch.facts))
        assert [fact["reason"] for fact in watch.of("websub.failed")] == ["HTTP 503"]
        assert watch.stop() == 0
    hub.status, (first,) = 202, hub.subscriptions
    assert first.verified == []
    other = tmp_path / "other"
    other.mkdir()
    with serve(world) as running, Pushed(running, other, hub, **SELDOM) as watch:
        facts = watch.until_worked("enab_baladi")
        subscription = hub.subscriptions[-1]
        assert hub.deny(subscription, "not for you") == 200
        watch.until(lambda: watch.of("websub.denied", reason="not for you", topic=FEED))
        watch.until_worked("enab_baladi", since=facts)
        assert 'warraq_websub_subscribed{outlet="enab_baladi"} 0.0' in watch.told()
        assert watch.stop() == 0
    assert hub.subscriptions == [first, subscription]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("env", "says"),
    [
        ({"WARRAQ_DOOR_URL": ""}, None),
        ({"WARRAQ_PRIVATE_HOSTS": ""}, "localhost is no public name"),
        ({"SSL_CERT_FILE": ""}, "certificate"),
    ],
)
def test_a_hub_that_may_not_be_asked_is_not(
    world: Pushing, hub: Hub, tmp_path: Path, env: dict[str, str], says: str | None
) -> None:
    """Without a public address of ours; on a private address of its own; with a certificate that nobody vouches for."""
    with serve(world) as running:
        env = {name: value or running.env().get(name, "") for name, value in env.items()}
        with Pushed(running, tmp_path, hub, **SELDOM, **env) as watch:
            watch.until_worked("enab_baladi")
            assert watch.stop() == 0
    assert watch.of("kept")
    assert not hub.subscriptions
    reasons = [fact["reason"] for fact in watch.of("websub.failed")]
    assert len(reasons) == (says is not None)
    assert str(says) in (reasons or ["None"])[0]
