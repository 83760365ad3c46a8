"""What the web archive of the world captured of the dead outlets, and when: good captures, cut ones, challenges, redirects."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import urlsplit

from crawler.demo.answer import encoded
from crawler.demo.sites import geiroon, smart
from crawler.demo.sites.wayback import ServedCapture
from crawler.demo.story import DemoStory, OfferedLink

CHALLENGE = (
    b'<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title>'
    b'<meta name="robots" content="noindex,nofollow"></head>'
    b'<body><div class="main-wrapper"><h2 id="challenge-running">Checking if the site connection is secure</h2>'
    b'<noscript>Enable JavaScript and cookies to continue</noscript><div class="ray-id">Ray ID: 7b1f0c2d9e8a</div></div>'
    b'<script src="/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1"></script></body></html>'
)
_PIXELS = b"\xff\xd8\xff\xe0" + bytes(300) + b"\xff\xd9"
_MISSING = """<!DOCTYPE html><html lang="ar" dir="rtl"><head><title>404</title></head>
<body><h1>الصفحة غير موجودة</h1></body></html>""".encode()


def captures(stories: Iterable[DemoStory], links: Iterable[OfferedLink]) -> list[ServedCapture]:
    """Every capture of the dead outlets' stories and other pages."""
    everything = list(stories)
    found: list[ServedCapture] = []
    for outlet, make in (("smart", _smart), ("geiroon", _geiroon)):
        own = [story for story in everything if story.outlet == outlet]
        for story in own:
            found += make(story, own)
        for link in links:
            if link.outlet == outlet:
                found += _other(link, own)
    return found


def mementos(story: DemoStory, stories: Iterable[DemoStory]) -> list[str]:
    """The timestamps (14 digits, UTC) of the captures that hold the whole page of a story: any of them is a good choice."""
    own = [other for other in stories if other.outlet == story.outlet]
    make = {"smart": _smart, "geiroon": _geiroon}.get(story.outlet)
    if make is None:
        return []
    return [capture.timestamp for capture in make(story, own) if _whole(capture)]


def _whole(capture: ServedCapture) -> bool:
    return (
        capture.status == 200
        and capture.mimetype == "text/html"
        and capture.body.rstrip().endswith(b"</html>")
        and b"challenge" not in capture.body
    )


def _smart(story: DemoStory, own: list[DemoStory]) -> list[ServedCapture]:
    """Plain http first, https later; the ticker differs from capture to capture, the article does not."""
    at, secure, index = story.published, encoded(smart.url(story)), own.index(story)
    plain, www = secure.replace("https://", "http://"), secure.replace("https://", "http://www.")
    whole = ServedCapture(at + timedelta(days=9, hours=2), secure, smart.article(story, at + timedelta(days=9)).encode())
    if story.id == "w2":  # a single capture is all there is
        return [whole]
    early = smart.article(story, at + timedelta(days=1)).encode()
    return [
        ServedCapture(at + timedelta(hours=20), www, b"", 301, location=secure),
        ServedCapture(at + timedelta(days=1), plain, _cut(early, story) if index % 2 else early),
        whole,
        ServedCapture(at + timedelta(days=40), secure, CHALLENGE, 200 if index % 3 == 0 else 503),
        ServedCapture(at + timedelta(days=900), secure, _MISSING, 404),
    ]


def _geiroon(story: DemoStory, own: list[DemoStory]) -> list[ServedCapture]:
    """The same id on the domains of its time, some with www; later domains hold copies of older articles."""
    at, hosts = story.published, list(story.more["hosts"])
    index = own.index(story)
    others = [other for other in own if other is not story][:3]
    needed = [other for other in own if any(block.kind == "related" and block.lines[0] == other.id for block in story.blocks)]

    def page(base: str) -> bytes:
        return geiroon.article(story, base, [*others, *needed]).encode()

    address = f"/archives/{story.id}"
    first = f"http://{hosts[0]}"
    found = [ServedCapture(at + timedelta(days=3, hours=index), first + address, page(first))]
    for number, host in enumerate(hosts[1:], 1):
        found.append(ServedCapture(at + timedelta(days=20 * number), f"https://{host}{address}", page(f"https://{host}")))
    found.append(ServedCapture(at + timedelta(days=2), first + address + "/", _cut(page(first), story)))
    found.append(ServedCapture(at + timedelta(days=60), f"https://{hosts[-1]}{address}", CHALLENGE))
    last = f"http://{hosts[-1]}"
    suspended = f"{last}/cgi-sys/suspendedpage.cgi"
    found.append(ServedCapture(at + timedelta(days=500), last + address, b"", 302, location=suspended))
    return found


def _other(link: OfferedLink, own: list[DemoStory]) -> list[ServedCapture]:
    url, parts = encoded(link.url), urlsplit(link.url)
    if link.status != 200:
        return [
            ServedCapture(link.published, url, b"", 301, location=f"{parts.scheme}://{parts.netloc}/"),
            ServedCapture(link.published + timedelta(days=9), url, _MISSING, link.status),
        ]
    if url.endswith(".jpg"):
        return [ServedCapture(link.published, url, _PIXELS, mimetype="image/jpeg")]
    if "/videos/" in url:
        html = smart.video(link.headline)
    elif link.outlet == "smart":
        html = smart.listing(own)
    else:
        html = geiroon.listing(own, f"{parts.scheme}://{parts.netloc}")
    return [ServedCapture(link.published, url, html.encode())]


def _cut(body: bytes, story: DemoStory) -> bytes:
    """The page as a connection that broke left it: in the last paragraph, in the middle of a letter."""
    return body[: body.rindex(story.paragraphs[-1][:12].encode()) + 33]
