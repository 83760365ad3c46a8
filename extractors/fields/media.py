"""What a page shows beside its text: pictures, embeds, links."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser, LexborNode

from extractors.article import Embed, Image
from extractors.fields.embeds import read_embeds, read_links
from extractors.fields.pictures import read_images
from extractors.fields.printed_fields import common_root, holder_of
from extractors.page.layouts import Match
from extractors.page.metadata import Metadata


class Beside:
    """Pictures, embeds and links: read before the body takes the tree apart, or, where no layout spoke, after it is known."""

    def __init__(self, base: str, metadata: Metadata, match: Match | None, heading: LexborNode | None) -> None:
        self._base, self._lead = base, metadata.first("og:image", "twitter:image")
        self.images: tuple[Image, ...] = ()
        self.embeds: tuple[Embed, ...] = ()
        self.links: tuple[str, ...] = ()
        if match is not None:
            around = common_root(match.container, heading) if heading is not None else match.container.parent
            self._read(match.container, around)

    def find(self, tree: LexborHTMLParser, paragraphs: list[str]) -> None:
        """Look for the element that holds the story on a page as it came."""
        holder = holder_of(tree.body, paragraphs)
        flat = holder is None or holder.tag == "body"
        self._read(None if flat else holder, tree.body)

    def _read(self, container: LexborNode | None, around: LexborNode | None) -> None:
        self.images = read_images(container, around, self._lead, self._base)
        self.embeds = read_embeds(container, self._base) if container is not None else ()
        self.links = read_links(container, self._base) if container is not None else ()
