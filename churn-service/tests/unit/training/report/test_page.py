"""The report as a page, as data and as a card."""

import dataclasses
import re
from html.parser import HTMLParser

import msgspec
import pytest

from churn_service.training.findings import Finding
from churn_service.training.metrics import Metrics
from churn_service.training.model_card import model_card
from churn_service.training.report import report_data, report_facts, report_html
from churn_service.training.report.blocks import Grid
from churn_service.training.report.comparison_section import comparison_section
from churn_service.training.report.facts import Facts
from churn_service.training.report.svg import draw
from churn_service.training.trained import TrainedModel
from churn_service.training.trainer import _extra_files


class Elements(HTMLParser):
    """Collect what a page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.images: list[str] = []
        self.titles: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids += [str(given["id"])] if "id" in given else []
        self.links += [str(given[key]) for key in ("href", "src", "xlink:href") if key in given]
        if given.get("role") == "img":
            self.images.append(str(given.get("aria-label")))
        if tag == "section":
            self.titles.append(str(given["id"]))


@pytest.fixture(scope="module")
def page(readers_model: TrainedModel, facts: Facts) -> str:
    return report_html(readers_model, facts)


def test_the_same_model_gives_the_same_bytes(readers_model: TrainedModel, page: str) -> None:
    assert report_html(readers_model, report_facts(readers_model)) == page


def test_the_page_needs_no_network_and_no_script(page: str) -> None:
    assert all(link.startswith("#") for link in Elements(page).links)
    assert "<script" not in page
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)


def test_every_id_is_there_once_and_every_link_leads_to_one(page: str) -> None:
    found = Elements(page)
    assert len(found.ids) == len(set(found.ids))
    assert {link[1:] for link in found.links} <= set(found.ids)


def test_every_drawing_has_words_and_the_same_numbers_as_a_table(page: str) -> None:
    found = Elements(page)
    assert len(found.images) >= 9
    assert all(len(words) > 20 for words in found.images)
    assert page.count("<details>") == len(found.images) == page.count("<svg")


def test_every_part_of_the_report_is_a_section(page: str) -> None:
    assert Elements(page).titles == [
        "quality", "drivers", "segments", "profile", "calibration", "ranking", "money",
        "comparison", "slices", "fairness", "leaks", "outlook", "findings", "steps",
    ]  # fmt: skip


def test_names_from_the_table_cannot_break_out_of_the_page(
    readers_model: TrainedModel, facts: Facts
) -> None:
    wild = '<script>alert("1")</script>'
    effects = tuple(dataclasses.replace(effect, field=wild) for effect in facts.effects)
    finding = Finding(wild, "warning", "says $x^2$ & more")
    model = dataclasses.replace(
        readers_model, dataset=dataclasses.replace(readers_model.dataset, findings=(finding,))
    )
    page = report_html(model, dataclasses.replace(facts, effects=effects))
    assert "<script" not in page
    assert "$x^2$ &amp; more" in page


def test_every_drawing_has_a_title_and_named_axes(page: str) -> None:
    drawings = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    texts = [re.findall(r"<text[^>]*>([^<]+)</text>", drawing) for drawing in drawings]
    words = [[text for text in found if re.search("[a-z]{3}", text)] for found in texts]
    assert all(len(found) >= 3 for found in words), words


def test_a_probability_is_put_into_words_for_100_customers(
    readers_model: TrainedModel, facts: Facts, page: str
) -> None:
    assert facts.intervals
    middle = facts.intervals[len(facts.intervals) // 2]
    assert middle.low < middle.probability < middle.high
    words = f"{100 * middle.low:.0f} to {100 * middle.high:.0f} leave"
    assert f"of 100 customers to whom the model gives {100 * middle.probability:.0f}" in page
    assert words in page
    without = report_html(readers_model, dataclasses.replace(facts, intervals=()))
    assert "of 100 customers" not in without


def test_the_numbers_of_the_page_are_in_the_data(readers_model: TrainedModel, facts: Facts) -> None:
    fold = Fold({"spline": readers_model.test})
    model = dataclasses.replace(readers_model)
    object.__setattr__(model, "comparison", Compared((fold,), (), "spline"))
    data = report_data(model, facts)
    assert data["folds"] == [{"spline": dataclasses.asdict(readers_model.test)}]
    assert data["money"]["profits"][0] == {"per_customer": 0.0, "share": 0.0}
    assert report_data(readers_model, facts)["folds"] == []


def test_the_page_is_made_for_paper_and_for_dark_screens(page: str) -> None:
    assert "@page { size: A4" in page
    assert "prefers-color-scheme: dark" in page


def test_the_page_names_no_time_and_no_machine(page: str) -> None:
    assert "matplotlib v" not in page.lower()
    assert not re.search(r"20\d\d-\d\d-\d\d|/home/|/tmp/", page)


def test_tables_without_numbers_groups_or_findings_still_get_a_page(
    readers_model: TrainedModel, facts: Facts
) -> None:
    bare = dataclasses.replace(facts, profile=None, segments=(), slices=(), fairness=())
    page = report_html(readers_model, bare)
    assert "The table has no number." in page
    assert "nothing is compared" in page


def test_a_failed_leak_check_stands_in_the_first_lines(
    readers_model: TrainedModel, facts: Facts
) -> None:
    checks = tuple(dataclasses.replace(check, passed=False) for check in facts.leaks[:1])
    page = report_html(readers_model, dataclasses.replace(facts, leaks=checks))
    assert "Look closer at: the strongest column alone." in page
    card = model_card(readers_model, dataclasses.replace(facts, leaks=checks))
    assert "Leak check not passed: the strongest column alone" in card


def test_the_artefact_holds_page_card_and_data(readers_model: TrainedModel) -> None:
    files = _extra_files(readers_model)
    report = msgspec.json.decode(files["metrics.json"])["report"]
    facts = {field.name for field in dataclasses.fields(Facts)}
    assert set(report) == facts | {"steps", "findings", "folds"}
    assert [step["title"] for step in report["steps"]] == [
        "Acquisition", "Analysis", "Exploration", "Feature engineering", "Training", "Evaluation",
    ]  # fmt: skip
    assert files["report.html"].startswith(b"<!doctype html>")
    assert b"student: yes: selected" in files["card.md"]


def test_the_card_says_where_not_to_rely_on_the_model(
    readers_model: TrainedModel, facts: Facts
) -> None:
    loud = tuple(dataclasses.replace(entry, score=5.0) for entry in facts.slices[:1])
    card = model_card(readers_model, dataclasses.replace(facts, slices=loud, fairness=()))
    assert "do not rely on it here" in card
    assert "No field is marked sensitive" in card


def test_the_card_says_how_the_model_was_made(readers_model: TrainedModel, facts: Facts) -> None:
    card = model_card(readers_model, facts)
    assert "Family: spline, the only one that the training file names." in card
    assert "Called a churner from a probability of 50 % on." in card
    assert "leave (95 % certain)." in card
    compared = dataclasses.replace(readers_model)
    object.__setattr__(compared, "comparison", Compared((), (), "spline"))
    bare = model_card(compared, dataclasses.replace(facts, intervals=()))
    assert "- the choice costs nothing" in bare
    assert "certain" not in bare


def test_drawings_with_equal_content_differ_from_others_in_their_ids() -> None:
    first = draw(lambda axes: axes[0].set(title="a"), 2, 2)
    second = draw(lambda axes: axes[0].set(title="b"), 2, 2)
    ids = [set(re.findall(r' id="([^"]+)"', text)) for text in (first, second)]
    assert not ids[0] & ids[1]
    assert first == draw(lambda axes: axes[0].set(title="a"), 2, 2)


@dataclasses.dataclass(frozen=True)
class Pair:
    family: str
    difference: float
    t: float


@dataclasses.dataclass(frozen=True)
class Fold:
    metrics: dict[str, Metrics]


@dataclasses.dataclass(frozen=True)
class Compared:
    folds: tuple[Fold, ...]
    paired: tuple[Pair, ...]
    chosen: str

    @property
    def losses(self) -> dict[str, float]:
        return {"spline": 0.4}

    def sentences(self) -> list[str]:
        return ["the choice costs nothing"]


def test_families_stand_side_by_side_with_their_paired_t(
    readers_model: TrainedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold = Fold({"spline": readers_model.test, "trees": readers_model.validation})
    compared = Compared((fold, fold), (Pair("trees", -0.00123, -0.5),), "spline")
    monkeypatch.setitem(readers_model.__dict__, "comparison", compared)
    (table,) = comparison_section(readers_model).blocks
    assert isinstance(table, Grid)
    assert [row[0] for row in table.rows] == ["spline (chosen)", "trees"]
    assert table.rows[1][-2:] == ("-0.00123", "-0.50")
