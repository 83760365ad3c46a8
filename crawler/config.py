"""Every setting of Warraq, typed, in one object: `WARRAQ_<NAME>` in the environment or in `.env`, else the default here.

`WARRAQ_ENV_FILE` names another file than `.env`, which is read each time: what a service is started with stays in its environment
until it ends, what stands in the file can be changed and read again (SIGHUP). `warraq settings` lists all with value and origin.
A bad value is reported with all the others at once; so is a name that is mistyped. One file, though long: a table of settings.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from crawler.suggestion import did_you_mean
from storage.masking import without_login, without_path

if TYPE_CHECKING:
    from storage import LaterVisits

PREFIX = "WARRAQ_"
FILE_VARIABLE = "WARRAQ_ENV_FILE"
DEFAULT_FILE = ".env"
DEFAULT_OUTLETS = "./outlets"
MOST_HOURS = 1_000_000
"""114 years: a moment so long before or after now is still a date."""
MOST_BYTES = 1 << 30
"""A decoder makes room for the largest page before it sees one."""

Hours = Annotated[float, Field(le=MOST_HOURS)]
Seconds = Annotated[float, Field(le=100_000_000)]
"""3 years."""


class ConfigError(Exception):
    """The settings cannot be used; the message names every setting that is wrong, one a line."""


class Config(BaseModel):
    """What an operator may set. Delays are seconds, sizes bytes unless the name says otherwise."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    archive: str = Field("./archive", description="where articles are kept: a folder, or s3://bucket/prefix")
    outlets: str = Field(
        DEFAULT_OUTLETS, description="folder of outlets of your own, one NAME.toml each; `warraq outlet add` writes them"
    )
    contact: str = Field("", description="mail or web address put into the user agent, so that an outlet can reach you")
    single_writer: bool = Field(
        False, description="accept an S3 server without create-only writes; only one crawl may then write"
    )

    download_delay: Seconds = Field(1.0, ge=0, description="least seconds between two requests to one host")
    crawl_delay_bound: Seconds = Field(60.0, ge=0, description="most seconds of a robots.txt's Crawl-delay that are kept to")
    autothrottle: bool = Field(True, description="slow down further when a host answers slowly")
    concurrency: int = Field(1, ge=1, le=64, description="most requests under way to one host")
    history_delay: Seconds = Field(4.0, ge=0, description="least seconds between two requests to a web archive")
    history_captures: str = Field("2", description="most captures of one article taken from web archives: a number, or all")
    history_bound: int = Field(5_000, ge=0, description="requests to web archives past which a crawl asks for --yes")
    history_bound_gb: float = Field(20.0, ge=0, description="gigabytes of whole WARC files (CC-NEWS) past which it does")
    history_index_hours: Hours = Field(168.0, ge=0, description="how long the index of a web archive is trusted once it was read")
    download_timeout: Seconds = Field(60.0, gt=0, description="seconds a server has to answer one request")
    retry_times: int = Field(2, ge=0, le=10, description="how often a failed request is tried again")
    redirect_limit: int = Field(8, ge=0, le=30, description="most redirects followed for one request")
    max_page_bytes: int = Field(8_000_000, gt=0, le=MOST_BYTES, description="largest page read, after decompression")
    max_document_bytes: int = Field(
        52_428_800, gt=0, le=MOST_BYTES, description="largest feed, sitemap or index read (50 MiB: sitemaps.org)"
    )
    private_hosts: str = Field("", description="host names, comma-separated, that may resolve to private addresses (tests)")

    discovery_bound: int = Field(
        31, ge=1, description="most documents asked of one source (daily sitemaps, listing pages) when no --since is given"
    )
    in_flight: int = Field(32, ge=1, le=1000, description="most articles per outlet between discovery and their fate")
    pause_seconds: Seconds = Field(
        300.0,
        ge=0,
        description="a crawl waits for a host that asks for a pause (`Retry-After`) of so many seconds; longer: later",
    )
    validators_hours: Hours = Field(24.0, ge=0, description="how long ETag and Last-Modified of a feed are trusted")
    source_lag_hours: Hours = Field(3.0, ge=0, description="how much later than another a feed or sitemap may name an article")
    recheck_gone_hours: Hours = Field(24.0, ge=0, description="a page that was gone is asked for again after this time")
    recheck_not_article_hours: Hours = Field(720.0, ge=0, description="the same for a page that was not an article")
    unpublished_hours: Hours = Field(
        24.0, ge=0, description="how often an outlet's WordPress is asked whether it still lists what was kept; 0: never"
    )
    revisit_hours: str = Field(
        "1,6,24,72,336,2160",
        description="ages of a kept article, in hours after publication, at which it is looked at again; empty: never",
    )

    raw: Literal["articles", "pages", "none"] = Field(
        "articles", description="pages kept as sent, in WARC files: articles (of those and of removals), pages (all) or none"
    )
    warc_bytes: int = Field(16_777_216, gt=0, description="a WARC file is written at this size (16 MiB)")
    warc_seconds: Seconds = Field(2.0, ge=0, description="or so many seconds after its first page, which then is kept")

    readers: int = Field(
        default_factory=lambda: max(1, min(4, (os.cpu_count() or 2) - 1)), ge=1, le=64, description="processes that read pages"
    )
    read_timeout: float = Field(30.0, gt=0, le=2_000_000, description="seconds a reader has for one page")
    read_memory_mb: int = Field(2048, ge=256, le=1 << 24, description="address space of one reader, MiB")
    reread_share: int = Field(200, ge=1, le=100_000, description="articles `reread` gives a worker at once (whole WARC files)")
    keepers: int = Field(8, ge=1, le=64, description="threads that write to the archive")

    queue: str = Field("./queue.sqlite", description="where work waits: a file, sqs://NAME or redis://HOST/0?queue=NAME")
    lease_seconds: Seconds = Field(
        300.0, ge=1, description="`watch`: work of a worker that died is given to another after this time; local: at once"
    )
    poll_shortest: Seconds = Field(120.0, gt=0, description="`watch`: an outlet's sources are asked no sooner again, seconds")
    poll_longest: Seconds = Field(21_600.0, gt=0, description="`watch`: nor later, seconds (6 hours)")
    work_retry: Seconds = Field(
        30.0, ge=0, description="`watch`: work that failed waits so long, twice as long each time, seconds"
    )
    canary_hours: Hours = Field(
        24.0, ge=0, description="`watch`: how often some kept articles are read again, to see whether they can be; 0: never"
    )
    stop_seconds: Seconds = Field(
        60.0, ge=0, description="`watch`: how long work under way may go on after SIGTERM; it ends 20 s later at most"
    )
    door: str = Field("", description="`watch`: HOST:PORT or PORT (loopback) for events, health and metrics; empty: none")
    door_proxies: str = Field(
        "",
        description="`watch`, `serve`: reverse proxies (addresses, CIDR blocks) whose X-Forwarded-For or Forwarded is believed",
    )
    door_token: SecretStr | None = Field(None, description="`watch`: the bearer token that whoever posts events must show")
    door_secret: SecretStr | None = Field(None, description="`watch`: or the secret that signs posted events (whsec_ and base64)")
    door_url: str = Field("", description="`watch`: the door's public address, for hubs that feeds name (WebSub); empty: none")
    sinks: str = Field("", description="`watch`: where changes are delivered, comma-separated (see `warraq events deliver`)")

    serve_token: SecretStr | None = Field(
        None, description="`serve`: what a reader must show (as password or bearer token), 16 characters or more"
    )
    serve_url: str = Field("", description="`serve`: the address at which a reverse proxy offers the reader; empty: none does")
    door_reader: bool = Field(False, description="`watch`: the reader (`warraq serve`) is at the door too; extra `serve`")

    seal_key: SecretStr | None = Field(
        None, description="signs seals (`warraq seal --new-key`); several, with commas: the first signs, the others witness"
    )
    seal_trust: str = Field("", description="public keys, comma-separated, that may sign seals beside WARRAQ_SEAL_KEY")
    seal_hours: Hours = Field(0.0, ge=0, description="`watch`: how often the archive is sealed, hours; 0: never")
    tsa: str = Field("", description="time stamping authorities (RFC 3161) for seals: URLs, comma-separated; extra `seal`")
    ots: str = Field("", description="OpenTimestamps calendars for seals: URLs, comma-separated; extra `seal`")

    events_seconds: Seconds = Field(5.0, gt=0, description="how often `warraq events … --follow` looks for news, seconds")
    webhook_secret: SecretStr | None = Field(None, description="signs webhooks; whsec_ and base64, as Standard Webhooks have it")
    notify_seconds: Seconds = Field(
        60.0, ge=0, description="sinks `apprise:…`: what is announced within so many seconds becomes one message; 0: at once"
    )
    notify_shown: int = Field(10, ge=1, le=100, description="sinks `apprise:…`: such a message tells so many events one by one")

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "WARNING", description="least level of log lines on stderr: DEBUG, INFO, WARNING or ERROR"
    )

    @property
    def user_agent(self) -> str:
        """Who we are: an outlet must be able to name us, and to reach the operator."""
        from importlib.metadata import version  # noqa: PLC0415 - as below

        return f"Warraq/{version('warraq')} (news archiver{'; ' + self.contact if self.contact else ''})"

    @field_validator("revisit_hours")
    @classmethod
    def _ages(cls, value: str) -> str:
        if not all(0 < age <= MOST_HOURS for age in _numbers(value)):
            raise ValueError(f"write hours after publication, such as 1,6,24, {MOST_HOURS} at most")
        return value

    @property
    def later_visits(self) -> LaterVisits:
        """When articles are looked at again."""
        from storage import LaterVisits  # noqa: PLC0415 - who only reads an archive does without

        return LaterVisits(
            confirm_gone_after=timedelta(hours=self.recheck_gone_hours),
            revisits=tuple(timedelta(hours=age) for age in _numbers(self.revisit_hours)),
        )


def _numbers(listed: str) -> list[float]:
    """The numbers of a list with commas. ValueError says how to write one."""
    try:
        return sorted(float(number) for number in listed.split(",") if number.strip())
    except ValueError:
        raise ValueError("is not a list of numbers, such as 1,6,24") from None


class Setting(NamedTuple):
    name: str
    value: object
    origin: str
    description: str


def load_config(**overrides: object) -> Config:
    """The configuration from the environment and `.env`; `overrides` (command line) win when not None.

    Raises ConfigError naming every bad setting.
    """
    in_file, environment = _in_file(env_file()), _in_environment()
    set_there = in_file | environment
    given = {name: value for name in Config.model_fields if (value := set_there.get(_variable(name))) is not None}
    given |= {name: value for name, value in overrides.items() if value is not None}
    lines = _mistyped(set_there)
    try:
        config = Config.model_validate(given)
    except ValidationError as error:
        lines += [
            f"{PREFIX}{'_'.join(str(part) for part in problem['loc']).upper()}={without_path(repr(problem['input']))}: "
            f"{problem['msg']} ({Config.model_fields[str(problem['loc'][0])].description})"
            for problem in error.errors()
        ]
        raise ConfigError("\n".join(lines)) from None
    if lines:
        raise ConfigError("\n".join(lines))
    return config


def env_file() -> Path:
    """The file of settings. ConfigError if one is named that cannot be read; `.env` may be missing."""
    named = os.environ.get(FILE_VARIABLE)
    file = Path(named or DEFAULT_FILE)
    if named:
        try:
            file.read_bytes()
        except OSError as error:
            raise ConfigError(f"{FILE_VARIABLE}={named}: {error.strerror}") from None
    return file


def _variable(name: str) -> str:
    return f"{PREFIX}{name.upper()}"


def _in_environment() -> dict[str, object]:
    return {name.upper(): value for name, value in os.environ.items()}


def _in_file(file: Path) -> dict[str, object]:
    """What the file sets; a name without `=` sets nothing, and is known as a name. ConfigError: it cannot be read."""
    if not file.exists():
        return {}
    from dotenv import dotenv_values  # noqa: PLC0415 - as above

    try:
        return {name.upper(): value for name, value in dotenv_values(file).items()}
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{file}: line {line} is not UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}") from None


def _mistyped(given: Iterable[str]) -> list[str]:
    """A line for each variable that is no setting but looks like one; others of the prefix may be anybody's."""
    known = {_variable(name) for name in Config.model_fields} | {FILE_VARIABLE}
    near = {name: did_you_mean(name, known, cutoff=0.85) for name in sorted({*given} - known) if name.startswith(PREFIX)}
    return [f"{name} is no setting.{question}" for name, question in near.items() if question]


def settings_with_origin(config: Config) -> Iterator[Setting]:
    """Every setting with its value, as it may be shown, and where it came from: environment, `.env` or default."""
    environment, file = _in_environment(), env_file()
    in_file = _in_file(file)
    for name, field in type(config).model_fields.items():
        variable = _variable(name)
        origin = "environment" if variable in environment else str(file) if variable in in_file else "default"
        yield Setting(variable, _shown(name, getattr(config, name)), origin, field.description or "")


def _shown(name: str, value: object) -> object:
    if not isinstance(value, str):
        return value  # a SecretStr hides itself
    return without_path(value) if name == "sinks" else without_login(value)
