"""The posts of WordPress's REST API (wp-json/wp/v2/posts): the parameters a crawler uses, with its errors.

Behaviour from https://developer.wordpress.org/rest-api/reference/posts/ : dates without offset are the site's local
time, `after` and `before` are exclusive, a page past the end is 400 `rest_post_invalid_page_number`. A post that is not for the
public is left out of the collection, and by its number it is 401 `rest_forbidden` (WP_REST_Posts_Controller).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from crawler.demo.answer import JSON, Answer
from crawler.demo.markup import escape
from crawler.demo.story import DemoStory


def posts(
    stories: list[DemoStory],
    query: Mapping[str, str],
    url: Callable[[DemoStory], str],
    content: Callable[[DemoStory], str],
    zone: tzinfo,
) -> Answer:
    """One page of the collection, or the API's error."""
    try:
        per_page, number = int(query.get("per_page", "10")), int(query.get("page", "1"))
    except ValueError:
        return _error(400, "rest_invalid_param", "Invalid parameter(s): per_page")
    if not 1 <= per_page <= 100 or number < 1:
        return _error(400, "rest_invalid_param", "Invalid parameter(s): per_page")
    try:
        chosen = _chosen(stories, query, zone)
    except ValueError:
        return _error(400, "rest_invalid_param", "Invalid parameter(s): after")
    pages = -(-len(chosen) // per_page)
    if number > 1 and number > pages:
        message = "The page number requested is larger than the number of pages available."
        return _error(400, "rest_post_invalid_page_number", message)
    shown = chosen[(number - 1) * per_page : number * per_page]
    rows = [_fields(_post(story, url, content, zone), _wanted(query)) for story in shown]
    return Answer(
        body=json.dumps(rows, ensure_ascii=False).encode(),
        content_type=JSON,
        headers=(("X-WP-Total", str(len(chosen))), ("X-WP-TotalPages", str(pages)), ("X-Robots-Tag", "noindex")),
    )


def post(
    story: DemoStory | None,
    query: Mapping[str, str],
    url: Callable[[DemoStory], str],
    content: Callable[[DemoStory], str],
    zone: tzinfo,
) -> Answer:
    """One post by its number: for the public, not for the public, or none."""
    if story is None or story.status != 200:
        return _error(404, "rest_post_invalid_id", "Invalid post ID.")
    if forbidden(story):
        return _error(401, "rest_forbidden", "Sorry, you are not allowed to do that.")
    row = _fields(_post(story, url, content, zone), _wanted(query))
    return Answer(body=json.dumps(row, ensure_ascii=False).encode(), content_type=JSON)


def forbidden(story: DemoStory) -> bool:
    """It is a draft, or in the bin."""
    return bool(story.withdrawn)


def _wanted(query: Mapping[str, str]) -> set[str]:
    return set(filter(None, query.get("_fields", "").split(",")))


def _chosen(stories: list[DemoStory], query: Mapping[str, str], zone: tzinfo) -> list[DemoStory]:
    if "include" in query:
        numbers = set(query["include"].split(","))
        stories = [story for story in stories if story.id in numbers]
    by_modified = query.get("orderby", "date") == "modified"
    tests: dict[str, Callable[[DemoStory, datetime], bool]] = {
        "after": lambda story, moment: story.published > moment,
        "before": lambda story, moment: story.published < moment,
        "modified_after": lambda story, moment: story.changed > moment,
        "modified_before": lambda story, moment: story.changed < moment,
    }
    for name, test in tests.items():
        if name in query:
            moment = datetime.fromisoformat(query[name])
            moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
            stories = [story for story in stories if test(story, moment)]
    return sorted(
        stories,
        key=lambda story: story.changed if by_modified else story.published,
        reverse=query.get("order", "desc") != "asc",
    )


def _post(story: DemoStory, url: Callable[[DemoStory], str], content: Callable[[DemoStory], str], zone: tzinfo) -> dict[str, Any]:
    return {
        "id": int(story.id),
        "date": _local(story.published, zone),
        "date_gmt": _local(story.published, UTC),
        "guid": {"rendered": f"https://www.enabbaladi.net/?p={story.id}"},
        "modified": _local(story.changed, zone),
        "modified_gmt": _local(story.changed, UTC),
        "slug": url(story).rstrip("/").rsplit("/", 1)[-1],
        "status": "publish",
        "type": "post",
        "link": url(story),
        "title": {"rendered": escape(story.headline)},
        "content": {"rendered": content(story), "protected": False},
        "excerpt": {"rendered": f"<p>{escape(story.paragraphs[0])}</p>", "protected": False},
        "author": 7,
        "categories": [3],
        "tags": [],
    }


def _local(moment: datetime, zone: tzinfo) -> str:
    return moment.astimezone(zone).replace(tzinfo=None, microsecond=0).isoformat()


def _fields(post: dict[str, Any], wanted: set[str]) -> dict[str, Any]:
    tops = {name.partition(".")[0] for name in wanted}
    return {name: value for name, value in post.items() if name in tops} if wanted else post


def _error(status: int, code: str, message: str) -> Answer:
    data = {"code": code, "message": message, "data": {"status": status}}
    return Answer(status=status, body=json.dumps(data).encode(), content_type=JSON)
