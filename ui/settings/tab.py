"""Build the settings tab: how answers are written, by whom, and how the page looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import gradio as gr

from rag.endpoint.local import find_local_servers
from rag.errors import ConfigurationError
from ui.server.loading import Loading
from ui.settings.form import KEY_KEPT, KEY_NONE, THEME_HTML, lay_out_form
from ui.settings.local import local_offers, offers_local, read_offer
from ui.settings.person import connect_person, lay_out_person
from ui.settings.programs import connect_programs, lay_out_programs
from ui.settings.remembered import SessionKeys, from_browser, to_browser
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
from ui.settings.trial import SettingsTab, Trial, in_turn, operator_settings
from ui.templates.sentences import said_html

NO_ENDPOINT: Final = (
    "A model needs an endpoint: give its address, or a key. Until then, the papers' own "
    "sentences answer."
)
DRAFT: Final = "{model} is used once it has answered: press “Test and use”."


# The last input of an event that keeps or finds a key is the session's id, which page.js makes.
WITH_SESSION: Final = "(...all) => [...all.slice(0, -1), paperchat.session()]"
RESTORING: Final = "() => [paperchat.session(), paperchat.keptSettings()]"
# Until then page.css hides the form: what somebody chose would be overwritten by what was kept.
RESTORED: Final = "() => { document.documentElement.classList.add('has-settings'); }"


def build_settings_tab(loading: Loading) -> SettingsTab:
    """Lay the tab out inside the frame's `gr.Tab` and connect its parts."""
    start = as_set(operator_settings(loading), loading.llm)
    state = gr.State(start)
    with gr.Column(elem_id="settings"):
        controls = lay_out_form(loading, operator_settings(loading), start)
        gr.HTML(THEME_HTML, elem_id="theme")
        programs = lay_out_programs()
        person = lay_out_person()
    session = gr.HTML({}, visible="hidden", html_template="", js_on_load=None)
    keep = "paperchat.keepSettings(watch, props)"
    kept = gr.HTML({}, visible="hidden", html_template="", js_on_load=keep)
    tab = SettingsTab(state, controls, session, kept, SessionKeys(), programs, person)
    _connect(loading, tab)
    return tab


class _Changes:
    """Apply what the fields say to the settings of a session.

    Args:
        loading: Gives the operator's settings.
        keys: The keys of sessions.
    """

    def __init__(self, loading: Loading, keys: SessionKeys) -> None:
        self._loading = loading
        self._keys = keys

    def apply(
        self, request: gr.Request, session: SessionSettings, *values: object
    ) -> tuple[object, ...]:
        """Apply what was set; a wrong endpoint is reported, and the last one stays."""
        *fields, session_id = values
        try:
            taken = _taken(self._loading, session, tuple(fields))
        except ConfigurationError as exc:
            return session, *_shown_key(session), _not_taken(exc), gr.skip()
        self._keys.keep(str(session_id), taken, request.username)
        said = said_html(_what_holds(self._loading, taken))
        return taken, *_shown_key(taken), said, to_browser(taken)

    def apply_all_but_key(
        self, request: gr.Request, session: SessionSettings, *values: object
    ) -> tuple[object, ...]:
        """Apply all but the key, whose field someone may be typing in."""
        *fields, session_id = values
        taken, _, forget, said, kept = self.apply(request, session, *fields, "", session_id)
        return taken, forget, gr.update(visible=fields[0] == "model"), said, kept

    def forget_key(
        self, request: gr.Request, session: SessionSettings, session_id: str
    ) -> tuple[object, ...]:
        """Forget the session's own key."""
        dropped = without_key(session)
        self._keys.keep(session_id, dropped, request.username)
        said = said_html("The key is forgotten.")
        return dropped, *_shown_key(dropped), said, to_browser(dropped)


def _connect(loading: Loading, tab: SettingsTab) -> None:
    controls, state = tab.controls, tab.state
    changes = _Changes(loading, tab.keys)
    changing: dict[str, Any] = {
        "inputs": [state, *controls.fields, tab.session],
        "outputs": [state, controls.forget, controls.endpoint, controls.said, tab.kept],
        "js": WITH_SESSION,
    }
    for event in (
        controls.model.input,
        controls.base_url.blur,
        controls.base_url.submit,
        controls.top_k.release,
        controls.answer_words.release,
        controls.unsupported.input,
        controls.depth.input,
    ):
        in_turn(event, changes.apply_all_but_key, **changing)
    choosing = in_turn(controls.mode.input, changes.apply_all_but_key, **changing)
    typing: dict[str, Any] = {
        "inputs": [state, *controls.fields, controls.key, tab.session],
        "outputs": [state, controls.key, controls.forget, controls.said, tab.kept],
        "js": WITH_SESSION,
    }
    for event in (controls.key.blur, controls.key.submit):
        in_turn(event, changes.apply, **typing)
    in_turn(controls.forget.click, changes.forget_key, **typing | {"inputs": [state, tab.session]})
    taking = in_turn(controls.try_it.click, changes.apply, **typing)
    chosen = _connect_found(loading, tab, changing, changes.apply_all_but_key)
    trial = Trial(loading, tab)
    trial.follow(taking, trial.try_out)
    trial.follow(chosen, trial.try_out)
    trial.follow(choosing, trial.try_operators)


def connect_settings(app: gr.Blocks, loading: Loading, tab: SettingsTab, *, place: gr.Tab) -> None:
    """Restore the settings when the page is reloaded, and say who has signed in."""
    connect_person(app, loading, tab.person)
    connect_programs(loading, tab.programs, place=place)
    controls = tab.controls

    def restore(session_id: object, kept: object, request: gr.Request) -> tuple[object, ...]:
        operator = operator_settings(loading)
        start = as_set(operator, loading.llm)
        told = kept if isinstance(kept, dict) else {}
        address = str(told.get("base_url") or "") or None
        key = tab.keys.find(str(session_id), address, request.username)
        allowed = loading.access.allows_endpoints
        now = from_browser(start, told, key, settings=operator, allows_others=allowed)
        fields = (now.mode, now.model or None, now.base_url or "")
        numbers = (now.top_k, now.answer_words, now.unsupported, now.depth)
        shown = gr.update(visible=now.mode == "model")
        return now, *fields, *numbers, *_shown_key(now), shown

    app.load(
        restore,
        [tab.session, tab.kept],
        [tab.state, *controls.fields, controls.key, controls.forget, controls.endpoint],
        js=RESTORING,
        show_progress="hidden",
        api_visibility="private",
    ).then(None, js=RESTORED, api_visibility="private")


def _connect_found(
    loading: Loading,
    tab: SettingsTab,
    changing: dict[str, Any],
    take: Callable[..., tuple[object, ...]],
) -> gr.events.Dependency:
    """Offer models that are served on this machine, when a model is chosen and none is set."""
    controls = tab.controls

    def look(session: SessionSettings, mode: str) -> object:
        is_wanted = mode == "model" and session.base_url is None
        if not (is_wanted and offers_local(loading, operator_settings(loading))):
            return gr.update(visible=False)
        offers = local_offers(find_local_servers())
        return gr.update(choices=offers, value=None, visible=bool(offers))

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    controls.mode.input(look, [tab.state, controls.mode], controls.found, **quiet)
    fill = [controls.base_url, controls.model]
    chosen = controls.found.input(read_offer, controls.found, fill, **quiet)
    return in_turn(chosen.then, take, **changing)


def _taken(
    loading: Loading, session: SessionSettings, values: tuple[object, ...]
) -> SessionSettings:
    """Return the session's settings with the values of the fields, in order, and of the key."""
    mode, model, base_url, top_k, answer_words, unsupported, depth, key = values
    changed = with_answers(
        session,
        mode=str(mode),
        top_k=_number(top_k, session.top_k),
        answer_words=_number(answer_words, session.answer_words),
        unsupported=str(unsupported),
        depth=str(depth),
    )
    if changed.mode == "extractive":
        return changed
    return with_endpoint(
        changed,
        model=str(model or "")[:MOST_NAME_CHARACTERS],
        base_url=str(base_url or ""),
        key=str(key or ""),
        settings=operator_settings(loading),
        allows_others=loading.access.allows_endpoints,
    )


def _number(value: object, otherwise: int) -> float:
    return value if isinstance(value, int | float) and value == value else otherwise


def _what_holds(loading: Loading, session: SessionSettings) -> str:
    """Return a sentence on how the next question will be answered."""
    if session.mode == "extractive":
        return "Answers are made of the papers' own sentences."
    settings = effective_settings(operator_settings(loading), session)
    if not settings.has_endpoint:
        return NO_ENDPOINT
    model = model_name(operator_settings(loading), session)
    return DRAFT.format(model=model) if session.is_draft else f"{model} writes the answers."


def _shown_key(session: SessionSettings) -> tuple[object, object]:
    """Return the key's field, always emptied, and the button that forgets the key."""
    has_key = session.key is not None
    field = gr.update(value="", placeholder=KEY_KEPT if has_key else KEY_NONE)
    return field, gr.update(visible=has_key)


def _not_taken(error: ConfigurationError) -> str:
    return said_html(f"Not saved: {error}", is_warning=True)
