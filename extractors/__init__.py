"""Reading pages: bytes in, an article or a reason out. Pure: no network, no clock, no Scrapy, no S3."""

from extractors.article import Article, NotAnArticle, Page
from extractors.outlet import Location, Outlet
from extractors.outlets import locate, outlet_of, outlets
from extractors.reader import read

__all__ = ["Article", "Location", "NotAnArticle", "Outlet", "Page", "locate", "outlet_of", "outlets", "read"]
