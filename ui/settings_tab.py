from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from ui.loading import Loading
from ui.session import SessionSettings


@dataclass(frozen=True)
class SettingsTab:
    state: gr.State


def build_settings_tab(loading: Loading) -> SettingsTab:
    gr.Markdown("Settings")
    return SettingsTab(gr.State(SessionSettings()))
