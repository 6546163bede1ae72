"""Parts of pages: words, headings, tables of facts, bars. What is shown is text, never HTML."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement
from nicegui.events import GenericEventArguments


def spoken(name: str) -> str:
    """The name of a label, a verdict or a lamp as people read it."""
    return name.replace("_", " ")


def number_of(count: int, noun: str) -> str:
    """A count with a noun that takes an s."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def words(tag: str, text: str, classes: str = "") -> TextElement:
    """An element of HTML that holds text."""
    return TextElement(tag=tag, text=text).classes(classes)


def heading(text: str, level: int = 2) -> TextElement:
    """A heading of a level from 1 to 6."""
    return words(f"h{level}", text, "bench-heading")


def problem(sentence: str) -> TextElement:
    """A sentence about what went wrong, which a screen reader says at once."""
    return words("p", sentence, "bench-problem").props("role=alert")


def hint(sentence: str, then: str = "", path: str = "") -> None:
    """What something is for and, as a link, where to go on."""
    with ui.element("p").classes("bench-quiet"):
        words("span", f"{sentence} ")
        if then:
            ui.link(then, path)
            words("span", "" if then.endswith("?") else ".")


Changed = Callable[[], Awaitable[None] | None]
"""What is called when another one was chosen."""


class ChoiceList:
    """A list of which one is chosen: the browser's own, which keyboards, telephones and screen readers know.

    Attributes:
        value: The key of what is chosen.
    """

    def __init__(
        self, label: str, options: Mapping[str, str], value: str, changed: Changed | None = None
    ) -> None:
        """`options`: titles by their keys."""
        self.value = value
        self._changed = changed
        with ui.element("label").classes("bench-choice"):
            words("span", label)
            chosen = "(event) => emit(event.target.value)"
            self._select = ui.element("select").on("change", self._on_change, js_handler=chosen)
        self.set_options(options)
        # What was chosen while the page was not connected is asked for; nobody would hear of it.
        ui.context.client.on_connect(self._ask)

    def _ask(self) -> None:
        if not self._select.is_deleted:
            again = "dispatchEvent(new Event('change'))"
            ui.run_javascript(f"getHtmlElement({self._select.id})?.{again}")

    def set_options(self, options: Mapping[str, str]) -> None:
        """Puts others in the place of the options; the first is chosen where the chosen one has gone."""
        if self.value not in options:
            self.value = next(iter(options), "")
        self._select.clear()
        with self._select:
            for key, title in options.items():
                option = words("option", title)
                option.props["value"] = key
                option.props["selected"] = key == self.value

    def _on_change(self, event: GenericEventArguments) -> Awaitable[None] | None:
        before, self.value = self.value, str(event.args)
        return self._changed() if self._changed and self.value != before else None


def facts(rows: Mapping[str, str]) -> None:
    """A table of names and values."""
    with ui.element("dl").classes("bench-facts"):
        for name, value in rows.items():
            words("dt", name)
            words("dd", value)


def bars(rows: Iterable[tuple[str, float, float | None, str]]) -> None:
    """Shares as bars.

    Args:
        rows: A name, its share from 0 to 1, the threshold that it has to reach or None, and the class of
            its colour.
    """
    with ui.element("div").classes("bench-bars"):
        for name, share, threshold, colour in rows:
            words("span", name)
            with ui.element("div").classes("bench-bar").props("aria-hidden=true"):
                ui.element("div").classes(f"bench-fill {colour}").style(f"width:{share:.2%}")
                if threshold is not None:
                    ui.element("div").classes("bench-mark").style(f"left:{min(threshold, 1):.2%}")
            words("span", f"{share:.1%}", "bench-number")
