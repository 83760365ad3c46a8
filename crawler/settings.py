"""The Scrapy settings that we change, each with why. What an operator may change is in `crawler/config.py`."""

import time
from collections.abc import Mapping

from scrapy.settings import default_settings
from twisted.internet.base import ReactorBase

from crawler.config import load_config
from crawler.download.web_archives import HOSTS
from crawler.outlet_files.loading import outlets_of_files
from extractors.outlets import provide

_config = load_config()
provide(outlets_of_files, default=True)  # for `scrapy list` and `scrapy crawl`, which know nothing of `warraq`

# Scrapy reads its settings before it makes a reactor. Twisted's timers go by the time of day: where a clock is set back by a day
# they come a day late, and a request that waits for one, or for its time limit, holds up the crawl. They go by the clock that
# nobody sets.
ReactorBase.seconds = staticmethod(time.monotonic)

BOT_NAME = "warraq"
SPIDER_MODULES = ["crawler.spiders"]
NEWSPIDER_MODULE = "crawler.spiders"
WARRAQ_ARCHIVE = _config.archive
WARRAQ_PRIVATE_HOSTS = [host.strip() for host in _config.private_hosts.split(",") if host.strip()]

# Who we are: an outlet must be able to name us, and to reach the operator.
USER_AGENT = _config.user_agent
ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = "Warraq"
# Scrapy asks for English; some outlets choose the edition by this.
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "ar",
}

# Pace. One request at a time to a host by default, the slots of web archives apart (their own limits).
CONCURRENT_REQUESTS = 64
CONCURRENT_REQUESTS_PER_DOMAIN = _config.concurrency
DOWNLOAD_DELAY = _config.download_delay
# Archives have a clock of their own, shared by all spiders of a crawl (`crawler.download.web_archives.Pace`): no second one here.
DOWNLOAD_SLOTS = {host: {"concurrency": _config.concurrency, "delay": 0.0} for host in HOSTS}
WARRAQ_CRAWL_DELAY_BOUND = _config.crawl_delay_bound
# Scrapy varies a delay by half, both ways, to look less like a machine. We say who we are, and the delay is the least.
DOWNLOAD_DELAY_JITTER = 0.0
DOWNLOADER = "crawler.download.slots.KnownHosts"
AUTOTHROTTLE_ENABLED = _config.autothrottle
AUTOTHROTTLE_START_DELAY = max(2.0, _config.download_delay)
AUTOTHROTTLE_TARGET_CONCURRENCY = float(_config.concurrency)

# Safety. Scrapy does not verify certificates, takes 1 GB, follows 20 redirects and resolves to any address.
DOWNLOAD_VERIFY_CERTIFICATES = True
TWISTED_DNS_RESOLVER = "crawler.download.resolver.PublicAddressResolver"
DOWNLOAD_HANDLERS = {
    "http": "crawler.download.header_limit.HeaderLimitHandler",
    "https": "crawler.download.header_limit.HeaderLimitHandler",
    **dict.fromkeys(("file", "data", "ftp", "s3")),  # nothing of these is the web
}
DOWNLOAD_TIMEOUT = _config.download_timeout
DOWNLOAD_MAXSIZE = _config.max_page_bytes
DOWNLOAD_WARNSIZE = 0  # the limit is enough
REDIRECT_MAX_TIMES = _config.redirect_limit
RETRY_TIMES = _config.retry_times
RETRY_GIVE_UP_LOG_LEVEL = "INFO"  # the fate says it
TELNETCONSOLE_ENABLED = False  # a port that runs code is no business of a crawler
REMOTE_CONTROL_ENABLED = False  # the same
COOKIES_ENABLED = False  # an archive reads as a stranger
REFERRER_POLICY = "no-referrer"  # where an address was found is nobody's business
METAREFRESH_ENABLED = False  # it decodes every body, 8 % of a crawl's time (measured)

# A page gives one item at most; Scrapy starts this many tasks for each (100 by default, a fifth of a crawl's time).
CONCURRENT_ITEMS = 1


def _without(components: Mapping[str, int], *paths: str) -> dict[str, int]:
    """Scrapy's own components but these. What a setting turns off by None is loaded all the same: of the remote control and the
    cookies alone, that takes 0.2 s.
    """
    return {path: order for path, order in components.items() if path not in paths}


# Each layer costs every page its share; those that are left out have nothing to do here.
SPIDER_MIDDLEWARES_BASE = _without(
    default_settings.SPIDER_MIDDLEWARES_BASE,
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware",  # every answer is a fact to record: 404 is a fate
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware",  # an Arabic slug takes nine bytes a letter
    "scrapy.spidermiddlewares.depth.DepthMiddleware",  # articles are found by sources, not by following links
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware",  # looks for a mistake that we do not make
)
# The session sees each canonical address once; fingerprints of raw addresses would only cost memory.
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"
ITEM_PIPELINES = {"crawler.crawl.pipeline.KeepPipeline": 300}
EXTENSIONS_BASE = _without(
    default_settings.EXTENSIONS_BASE,
    "scrapy.extensions.remote_control.RemoteControl",
    "scrapy.extensions.telnet.TelnetConsole",
)
EXTENSIONS: dict[str, int | None] = {"crawler.crawl.extension.CrawlEnd": 500}
DOWNLOADER_MIDDLEWARES_BASE = _without(
    default_settings.DOWNLOADER_MIDDLEWARES_BASE,
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware",
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware",
    "scrapy.downloadermiddlewares.retry.RetryMiddleware",
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware",
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware",  # no outlet asks for a password
    "scrapy.downloadermiddlewares.cookies.CookiesMiddleware",
)
DOWNLOADER_MIDDLEWARES = {
    "crawler.download.offsite.OffsiteMiddleware": 50,  # before robots.txt: Scrapy's own lets redirects off the outlet pass
    "crawler.download.robots.Robots": 100,  # in its place: robots.txt that cannot be had means no, not yes; Crawl-delay
    "crawler.download.retry.RetryAfterMiddleware": 550,  # in its place: Scrapy does not read Retry-After
    "crawler.download.web_archives.Redirects": 600,  # in its place: replays lead to replays only
    "crawler.download.web_archives.ArchivePace": 900,  # next to the wire: requests to an archive wait for their turn, retries too
    "crawler.crawl.exchanges.ExchangeRecorder": 950,  # nearest to the wire: before anything is decompressed or redirected
}

LOG_LEVEL = _config.log_level
LOG_VERSIONS: list[str] = []
DEFAULT_DROPITEM_LOG_LEVEL = "DEBUG"  # a duplicate is a fate, not a warning
STATS_CLASS = "crawler.crawl.counters.Counters"
STATS_DUMP = False  # the table or the manifest says it
FEED_EXPORT_ENCODING = "utf-8"
