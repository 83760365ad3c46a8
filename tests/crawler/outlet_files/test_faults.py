"""What is wrong with an outlet's file is named with its line and key, all of it at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from crawler.outlet_files.checking import check_pages
from crawler.outlet_files.loaded_outlet import OutletFileError
from crawler.outlet_files.loading import collected, outlet_files
from crawler.outlet_files.reading import outlet_from, read_outlet
from tests.crawler.outlet_files.furat_file import furat_file

CHANGES = (
    # (what stands in the file, what stands there instead, the faults: part of the line, what each says)
    ('name = "Furat Post"', "name = 3", [("name =", "name: 3: must be a text in quotes")]),
    ('name = "Furat Post"', 'name = ""', [("name =", "must not be empty")]),
    ('name_ar = "فرات بوست"\n', "", [("name =", "name_ar: is missing: its name as it writes it")]),
    ('timezone = "Asia/Damascus"', 'timezone = "Asia/Damaskus"',
     [("timezone", "no IANA time zone, such as Asia/Damascus. Did you mean Asia/Damascus?")]),
    ('timezone = "Asia/Damascus"', 'timezone = "../etc/passwd"', [("timezone", "no IANA time zone")]),
    ('timezone = "Asia/Damascus"', 'timzone = "Asia/Damascus"',
     [("name =", "timezone: is missing"), ("timzone", "timzone: is no key here"), ("timzone", "Did you mean timezone?")]),
    ('"www.furatpost.example"]', '"https://www.furatpost.example"]',
     [("hosts", "hosts[2]: 'https://www.furatpost.example' is no host name")]),
    ('"www.furatpost.example"]', '"furatpost.example"]', [("hosts", "stands here twice")]),
    ('"www.furatpost.example"]', '"taken.example"]', [("hosts", "hosts[2]: 'taken.example' is a host of another outlet: taken")]),
    ('home = "https://furatpost', 'home = "https://furat-post',
     [("home", "furat-post.example is not among the hosts of this outlet. Did you mean furatpost.example?")]),
    ('wordpress = "/{id}"', 'wordpress = "/archives"', [("wordpress", "write the path with {id}")]),
    ('wordpress = "/{id}"', 'ids = [[5, "2014-02"], [4, "2015-01"]]', [("ids", "must rise")]),
    ('wordpress = "/{id}"', 'ids = [[5, "2014-13"]]', [("ids", "ids[1]: [5, '2014-13']: write a number and a month")]),
    ('wordpress = "/{id}"', 'language = "Arabic"', [("language", "no language code")]),
    ('wordpress = "/{id}"', 'alive = "yes"', [("alive", "must be true or false")]),
    ('wordpress = "/{id}"', 'prefixes = ["a/b"]', [("prefixes", "prefixes[1]: 'a/b' is not one segment of a path")]),
    ('kind = "article"', 'kind = "artikel"',
     [('kind = "artikel"', "routes[1].kind: 'artikel' is not one of article, opinion"),
      ('kind = "artikel"', "Did you mean article?")]),
    ('kind = "article"', 'kind = "listing"', [("[[routes]] # tried", "none of them is of an article")]),
    ("(?P<id>[1-9][0-9]*)", "(?P<id>[1-9][0-9]*",
     [("path = '/0*", "routes[1].path: '/0*(?P<id>[1-9][0-9]*(?:/[^/]+)?' is no regular expression: missing )")]),
    ("(?P<id>[1-9][0-9]*)", "(?P<ids>[1-9][0-9]*)",
     [("path = '/0*", "names the group 'ids'; day, id, month, year. Did you mean id?")]),
    ("[1-9][0-9]*)", "([0-9]+)*)", [("path = '/0*", "grow exponentially")]),
    ('canonical = "/{id}"', 'canonical = "/{year}"',
     [("canonical", "routes[1].canonical: {year} in '/{year}' is no group of its path or query.")]),
    ('canonical = "/{id}"', 'canonical = "{id}"', [("canonical", "is no path; it begins with a slash")]),
    ('canonical = "/{id}"', 'query = "p=.*="', [("query", "routes[1].query: 'p=.*=' is refused: ")]),
    ('body = ["div.story-text"]', 'body = ["div..story"]', [("body", "layouts[1].body[1]: 'div..story' is no CSS selector")]),
    ('body = ["div.story-text"]', "body = []", [("body", "layouts[1].body: []: must not be empty")]),
    ('drop = [".read-also"]', 'drop = ".read-also"', [("drop", "layouts[1].drop: '.read-also': must be a list in brackets")]),
    ('name = "wordpress-2024"', 'name = "The New One"', [('name = "The', "small letters, digits, dot, _ and - only")]),
    ("closing = ['مواضيع مشابهة']", "closing = ['(\\w+\\s*)+:']", [("closing", "catalogue.closing[1]: ")]),
    ("closing = ['مواضيع مشابهة']", "closings = ['مواضيع مشابهة']",
     [("closings", "catalogue.closings: is no key here"), ("closings", "Did you mean closing?")]),
    ('kind = "feed"', 'kind = "fead"',
     [('kind = "fead"', "sources[1].kind: 'fead' is no kind of source"), ('kind = "fead"', "Did you mean feed?")]),
    ('kind = "feed"\n', "", [("[[sources]]", "sources[1]: kind is missing")]),
    ('url = "https://furatpost', 'urls = "https://furatpost',
     [("[[sources]]", "sources[1].url: is missing"), ("urls =", "Did you mean url?")]),
    ('url = "https://furatpost', 'url = "https://elsewhere',
     [("url =", "sources[1].url: elsewhere.example is not among the hosts")]),
    ("/page/{page}", "/page/{n}", [("following", "put {page} (from 1) or {index} (from 0) where the number")]),
    ('first = "https:', 'first = "ftp:', [("first", "is no http or https address")]),
)  # fmt: skip


def faults(text: str, slug: str = "furat_post") -> list[str]:
    with pytest.raises(OutletFileError) as error:
        outlet_from(text, slug, "f.toml", {"taken.example": "taken", "taken": "it is built in"})
    return str(error.value).splitlines()


@pytest.mark.parametrize(("old", "new", "expected"), CHANGES, ids=[new[:40] for _, new, _ in CHANGES])
def test_each_fault_is_named_at_its_line(old: str, new: str, expected: list[tuple[str, str]]) -> None:
    """One change of CONTRIBUTING's file; every fault begins with the file and the line that is to be mended."""
    assert old in furat_file()
    text = furat_file().replace(old, new, 1)
    found = faults(text)
    assert len(found) <= len(expected)
    for part, reason in expected:
        line = next(n for n, row in enumerate(text.splitlines(), 1) if part in row)
        assert any(each.startswith(f"f.toml:{line}: ") and reason in each for each in found), (line, found)


def test_all_faults_are_named_at_once_in_the_order_of_the_file() -> None:
    text = furat_file()
    many = [change for change in CHANGES if change[0] in ('name = "Furat Post"', 'drop = [".read-also"]', 'kind = "feed"')]
    for old, new, _ in many:
        text = text.replace(old, new, 1)
    found = faults(text)
    assert len(found) == 3
    assert found == sorted(found, key=lambda each: int(each.split(":")[1]))


@pytest.mark.parametrize("slug", ["Furat", "furat post", "web_archives", "taken", "", "-x", "f" * 41])
def test_a_name_that_cannot_be_an_outlets_is_refused(slug: str) -> None:
    assert any(each.startswith("f.toml:1: ") for each in faults(furat_file(), slug))


def test_what_is_no_toml_is_named_at_its_line() -> None:
    assert faults('name = "a"\nname_ar = \n')[0].startswith("f.toml:2: is no TOML: ")
    assert faults('name = "a"\nname = "b"\n')[0].startswith("f.toml:2: is no TOML: ")
    assert faults("x = " + "[" * 5_000)[0].startswith("f.toml:1: is no TOML")


def test_files_that_are_no_text_are_named(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    with pytest.raises(OutletFileError, match=r"x\.toml: No such file"):
        read_outlet(file)
    file.write_bytes(b'name = "a"\nname_ar = "' + b'\xe1"\n')
    with pytest.raises(OutletFileError, match=r"x\.toml:2: is not UTF-8"):
        read_outlet(file)
    file.write_bytes(b"#" * 1_000_001)
    with pytest.raises(OutletFileError, match="more than 1,000,000 bytes"):
        read_outlet(file)


def test_line_ends_of_windows_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    file = tmp_path / "furat_post.toml"
    file.write_bytes(furat_file().replace("\n", "\r\n").encode("utf-8-sig"))
    assert read_outlet(file).outlet.name_ar == "فرات بوست"


def test_what_is_no_file_is_named_and_never_waited_for(tmp_path: Path) -> None:
    """A pipe among the files of outlets, or among the recorded pages of one."""
    os.mkfifo(tmp_path / "furat.toml")
    with pytest.raises(OutletFileError, match=r"furat\.toml: is no file"):
        collected(outlet_files(tmp_path))
    os.mkfifo(tmp_path / "page.html")
    assert [page.problem for page in check_pages(tmp_path, "enab_baladi")] == ["this, or its .json, is no file"]
