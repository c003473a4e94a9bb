"""The settings tab: how answers are written, by whom, and how the page looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import gradio as gr
from gradio.blocks import Block

from rag.endpoint.connection import Connection, find_models, try_endpoint
from rag.endpoint.local import find_local_servers
from rag.errors import ConfigurationError, ModelResponseError, RagError
from rag.settings import Settings
from ui.server.loading import Loading
from ui.settings.form import KEY_KEPT, KEY_NONE, THEME_HTML, Form, lay_out_form
from ui.settings.local import local_offers, offers_local, read_offer
from ui.settings.session import (
    MOST_NAME_CHARACTERS,
    SessionSettings,
    as_set,
    effective_settings,
    model_name,
    with_answers,
    with_endpoint,
    without_key,
)
from ui.templates.sentences import said_html

MOST_MODELS: Final = 200


@dataclass(frozen=True, slots=True)
class SettingsTab:
    """What the frame of the page needs of the tab.

    Attributes:
        state: `SessionSettings` of the browser session, on the server.
    """

    state: gr.State


def build_settings_tab(loading: Loading) -> SettingsTab:
    """Lay the tab out inside the frame's `gr.Tab` and tie its parts together."""
    start = as_set(_operator(loading), loading.llm)
    state = gr.State(start)
    with gr.Column(elem_id="settings"):
        controls = lay_out_form(loading, _operator(loading), start)
        gr.HTML(THEME_HTML, elem_id="theme")
    _connect(loading, state, controls)
    return SettingsTab(state)


def _operator(loading: Loading) -> Settings:
    """The settings that the page was started with."""
    if loading.settings is not None:
        return loading.settings
    return loading.library.settings if loading.library is not None else Settings()


def _connect(loading: Loading, state: gr.State, controls: Form) -> None:
    key_parts = [controls.key, controls.forget]

    def take(session: SessionSettings, *values: object) -> tuple[object, ...]:
        """Take over what was set; a wrong endpoint is told, and the one before stays."""
        try:
            taken = _taken(loading, session, values)
        except ConfigurationError as exc:
            return session, *_shown_key(session), _not_taken(exc)
        return taken, *_shown_key(taken), said_html(_what_holds(loading, taken))

    def take_all_but_key(session: SessionSettings, *values: object) -> tuple[object, ...]:
        """The same without a look at the key's field, in which someone may be typing."""
        taken, _, forget, said = take(session, *values, "")
        return taken, forget, gr.update(visible=values[0] == "model"), said

    def drop_key(session: SessionSettings) -> tuple[object, ...]:
        dropped = without_key(session)
        return dropped, *_shown_key(dropped), said_html("The key is forgotten.")

    for event in (
        controls.mode.input,
        controls.model.input,
        controls.base_url.blur,
        controls.base_url.submit,
        controls.top_k.release,
        controls.answer_words.release,
        controls.unsupported.input,
    ):
        _in_turn(
            event,
            take_all_but_key,
            inputs=[state, *controls.fields],
            outputs=[state, controls.forget, controls.endpoint, controls.said],
        )
    everything = [state, *controls.fields, controls.key]
    outputs = [state, *key_parts, controls.said]
    for event in (controls.key.blur, controls.key.submit):
        _in_turn(event, take, inputs=everything, outputs=outputs)
    _in_turn(controls.forget.click, drop_key, inputs=[state], outputs=outputs)
    taking = _in_turn(controls.try_it.click, take, inputs=everything, outputs=outputs)
    _connect_trial(loading, state, controls, taking)
    _connect_found(loading, state, controls)


def _connect_found(loading: Loading, state: gr.State, controls: Form) -> None:
    """Offer models that are served on this machine, once a model is wanted and none is set."""

    def look(session: SessionSettings, mode: str) -> object:
        is_wanted = mode == "model" and session.base_url is None
        if not (is_wanted and offers_local(loading, _operator(loading))):
            return gr.update(visible=False)
        offers = local_offers(find_local_servers())
        return gr.update(choices=offers, value=None, visible=bool(offers))

    def choose(chosen: str) -> tuple[str, str]:
        return read_offer(chosen)

    def take(session: SessionSettings, *values: object) -> tuple[object, str]:
        try:
            taken = _taken(loading, session, (*values, ""))
        except ConfigurationError as exc:
            return session, _not_taken(exc)
        return taken, said_html(_what_holds(loading, taken))

    controls.mode.input(
        look,
        inputs=[state, controls.mode],
        outputs=controls.found,
        show_progress="hidden",
        api_visibility="private",
    )
    chosen = controls.found.input(
        choose,
        inputs=controls.found,
        outputs=[controls.base_url, controls.model],
        show_progress="hidden",
        api_visibility="private",
    )
    _in_turn(
        chosen.then,
        take,
        inputs=[state, *controls.fields],
        outputs=[state, controls.said],
    )


def _connect_trial(
    loading: Loading, state: gr.State, controls: Form, taking: gr.events.Dependency
) -> None:
    """Try the endpoint after its fields were taken over."""

    def try_out(session: SessionSettings, *values: object) -> tuple[object, object]:
        """Try the endpoint that was just taken over; changes nothing."""
        try:
            taken = _taken(loading, session, (*values, ""))
        except ConfigurationError as exc:
            return _not_taken(exc), gr.skip()
        settings = effective_settings(_operator(loading), taken)
        message, models = _tried(settings, model_name(_operator(loading), taken))
        return message, gr.update(choices=list(models)[:MOST_MODELS]) if models else gr.skip()

    taking.then(
        try_out,
        inputs=[state, *controls.fields],
        outputs=[controls.said, controls.model],
        show_progress_on=controls.said,
        api_visibility="private",
    )


def _in_turn(
    event: Callable[..., gr.events.Dependency],
    step: Callable[..., tuple[object, ...]],
    *,
    inputs: Sequence[gr.components.Component],
    outputs: Sequence[Block],
) -> gr.events.Dependency:
    """Tie a step to an event so that no two steps run at once.

    Each reads what the session holds and writes it anew: of two at once, the slower one would
    undo what the other did. A step takes no time, so all sessions share one turn.
    """
    return event(
        step,
        inputs=inputs,
        outputs=outputs,
        show_progress="hidden",
        concurrency_limit=1,
        concurrency_id="settings",
        api_visibility="private",
    )


def _taken(
    loading: Loading, session: SessionSettings, values: tuple[object, ...]
) -> SessionSettings:
    """The session's settings with the values of the fields in their order, and of the key's."""
    mode, model, base_url, top_k, answer_words, unsupported, key = values
    changed = with_answers(
        session,
        mode=str(mode),
        top_k=_number(top_k, session.top_k),
        answer_words=_number(answer_words, session.answer_words),
        unsupported=str(unsupported),
    )
    if changed.mode == "extractive":
        return changed
    return with_endpoint(
        changed,
        model=str(model or "")[:MOST_NAME_CHARACTERS],
        base_url=str(base_url or ""),
        key=str(key or ""),
        settings=_operator(loading),
        allows_others=loading.access.allows_endpoints,
    )


def _number(value: object, otherwise: int) -> float:
    return value if isinstance(value, int | float) and value == value else otherwise


def _what_holds(loading: Loading, session: SessionSettings) -> str:
    """One sentence on what the next answer will be like."""
    if session.mode == "extractive":
        return "Answers are made of the papers' own sentences."
    settings = effective_settings(_operator(loading), session)
    if not settings.has_endpoint:
        return "A model needs an endpoint: give its address, or a key."
    return f"The next question goes to {model_name(_operator(loading), session)}."


def _shown_key(session: SessionSettings) -> tuple[object, object]:
    """The key's field, always emptied, and the button that forgets the key."""
    has_key = session.key is not None
    field = gr.update(value="", placeholder=KEY_KEPT if has_key else KEY_NONE)
    return field, gr.update(visible=has_key)


def _not_taken(error: ConfigurationError) -> str:
    return said_html(f"Not taken over: {error}", is_warning=True)


def _tried(settings: Settings, model: str) -> tuple[str, tuple[str, ...]]:
    """What a trial of the endpoint says, and the models that it offers."""
    try:
        done = try_endpoint(settings, model)
    except ModelResponseError as exc:  # perhaps the model alone is wrong
        models = find_models(settings, model)
        return said_html(f"{_for_visitors(exc)}{_offered(models)}", is_warning=True), models
    except RagError as exc:
        return said_html(_for_visitors(exc), is_warning=True), ()
    return said_html(f"{_worked(done)}{_offered(done.models)}"), done.models


def _worked(done: Connection) -> str:
    return f"{done.model} answered in {done.milliseconds / 1000:.1f} s."


def _offered(models: tuple[str, ...]) -> str:
    if not models:
        return ""
    return f" The endpoint has {len(models)} models; choose one above."


def _for_visitors(error: RagError) -> str:
    """The sentence of an error, by the names that the fields have here."""
    message = str(error)
    for name, field in (
        ("OPENAI_BASE_URL", "the address"),
        ("OPENAI_API_KEY", "the key"),
        ("OPENAI_MODEL", "the model"),
    ):
        message = message.replace(name, field)
    return message[:1].upper() + message[1:]
