"""Try the model that the settings tab names; one that has answered is used from then on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import gradio as gr
from gradio.blocks import Block

from rag.endpoint.connection import Connection, find_models, try_endpoint
from rag.errors import ModelResponseError, RagError
from rag.settings import Settings
from ui.server.loading import Loading
from ui.settings.form import Form
from ui.settings.remembered import SessionKeys, to_browser
from ui.settings.session import SessionSettings, effective_settings, model_name
from ui.templates.sentences import for_page, said_html

MOST_MODELS: Final = 200


@dataclass(frozen=True, slots=True)
class SettingsTab:
    """The parts of the tab that the frame needs.

    Attributes:
        state: `SessionSettings` of the browser session, on the server.
        controls: The fields.
        session: The input of events that holds the session's id.
        kept: The settings that the browser keeps.
        keys: The keys of sessions.
        programs: Tells of tokens for programs.
        person: Says who has signed in.
    """

    state: gr.State
    controls: Form
    session: gr.HTML
    kept: gr.HTML
    keys: SessionKeys
    programs: gr.HTML
    person: gr.HTML


def operator_settings(loading: Loading) -> Settings:
    """Return the settings that the page was started with."""
    if loading.settings is not None:
        return loading.settings
    return loading.library.settings if loading.library is not None else Settings()


class Trial:
    """Try an endpoint after its fields were applied; a model that answers is used from then on.

    Args:
        loading: Gives the operator's settings.
        tab: The fields.
    """

    def __init__(self, loading: Loading, tab: SettingsTab) -> None:
        self._loading = loading
        self._tab = tab
        self._worked = gr.State(None)  # the settings that the last trial worked with

    def follow(self, taking: gr.events.Dependency, step: Callable[..., tuple[object, ...]]) -> None:
        """Run a trial after an event that applies the fields."""
        tab = self._tab
        said, model = tab.controls.said, tab.controls.model
        tried = taking.then(
            step,
            inputs=[tab.state],
            outputs=[said, model, self._worked],
            show_progress_on=said,
            api_visibility="private",
        )
        # The trial takes long, and other fields may be set meanwhile: its outcome is noted after.
        in_turn(
            tried.then,
            self.note,
            inputs=[tab.state, self._worked],
            outputs=[tab.state, tab.kept],
        )

    def try_operators(self, session: SessionSettings) -> tuple[object, ...]:
        """Try the operator's endpoint, which only needs to be chosen."""
        is_operators = session.base_url is None and operator_settings(self._loading).has_endpoint
        if not (session.is_draft and is_operators):
            return gr.skip(), gr.skip(), None
        return self.try_out(session)

    def try_out(self, session: SessionSettings) -> tuple[object, ...]:
        """Have the model answer one line, and list the models of its endpoint."""
        if session.mode != "model":
            return gr.skip(), gr.skip(), None
        operator = operator_settings(self._loading)
        settings = effective_settings(operator, session)
        message, models, works = _tried(settings, model_name(operator, session))
        choices = gr.update(choices=list(models)[:MOST_MODELS]) if models else gr.skip()
        return message, choices, session if works else None

    def note(
        self, session: SessionSettings, worked: SessionSettings | None
    ) -> tuple[object, object]:
        """Use the model that has answered, unless another was chosen meanwhile."""
        if worked is None or not worked.is_same_endpoint(session):
            return session, gr.skip()
        used = replace(session, has_worked=True)
        return used, to_browser(used)


def in_turn(
    event: Callable[..., gr.events.Dependency],
    step: Callable[..., tuple[object, ...]],
    *,
    inputs: Sequence[gr.components.Component],
    outputs: Sequence[Block],
    js: str | None = None,
) -> gr.events.Dependency:
    """Connect a step to an event so that no two steps run at once.

    Each reads what the session holds and writes it back: of two at once, the slower one would undo
    the other. A step takes no time, so all sessions share one queue.
    """
    return event(
        step,
        inputs=inputs,
        outputs=outputs,
        js=js,
        show_progress="hidden",
        concurrency_limit=1,
        concurrency_id="settings",
        api_visibility="private",
    )


def _tried(settings: Settings, model: str) -> tuple[str, tuple[str, ...], bool]:
    """Return the outcome of a trial, the models of the endpoint, and whether it worked."""
    try:
        done = try_endpoint(settings, model)
    except ModelResponseError as exc:  # perhaps only the model is wrong
        models = find_models(settings, model)
        return said_html(f"{for_page(str(exc))}{_offered(models)}", is_warning=True), models, False
    except RagError as exc:
        return said_html(for_page(str(exc)), is_warning=True), (), False
    return said_html(f"{_worked(done)}{_offered(done.models)}"), done.models, True


def _worked(done: Connection) -> str:
    return f"{done.model} answered in {done.milliseconds / 1000:.1f} s and writes the answers now."


def _offered(models: tuple[str, ...]) -> str:
    if not models:
        return ""
    return f" The endpoint has {len(models)} models; choose one above."
