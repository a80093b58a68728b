import re
from pathlib import Path

import pytest

from bootstrap.console import ROOT
from bootstrap.reference import PAGES

LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#]+)")
READING_PATHS = ROOT / "docs/explanation/follow-one-request.md"
MARKDOWN = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not {".venv", ".demo", "build", "node_modules", ".pytest_cache"}
    & set(path.relative_to(ROOT).parts)
)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", MARKDOWN, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    dead = [
        target for target in LINK.findall(page.read_text()) if not (page.parent / target).exists()
    ]

    assert not dead


@pytest.mark.parametrize("name", sorted(PAGES))
def test_generated_pages_are_fresh(name: str) -> None:
    assert (ROOT / name).read_text() == PAGES[name](), "Cure: make docs"


def reading_paths() -> list[list[Path]]:
    rows = [line for line in READING_PATHS.read_text().splitlines() if line.startswith("| How")]
    return [[READING_PATHS.parent / target for target in LINK.findall(row)] for row in rows]


def test_each_question_is_answered_by_four_files() -> None:
    assert [len(files) for files in reading_paths()] == [4, 4, 4, 4]


def test_a_request_becomes_a_prediction_within_400_lines() -> None:
    lines = {name_of(f.resolve()): len(f.read_text().splitlines()) for f in reading_paths()[0]}

    assert sum(lines.values()) <= 400, lines


def test_decisions_fit_on_one_page() -> None:
    pages = sorted((ROOT / "docs/adr").glob("*.md"))

    assert len(pages) >= 4
    assert all(len(page.read_text().splitlines()) <= 60 for page in pages)


def test_every_page_is_reached_from_the_index() -> None:
    index = (ROOT / "docs/index.md").read_text()
    pages = [p for p in (ROOT / "docs").rglob("*.md") if p.parent.name not in {"docs", "adr"}]

    assert [name_of(page) for page in pages if page.name not in index] == []
