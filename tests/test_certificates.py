"""The certificates are read once: what speaks to models and services shares them."""

from __future__ import annotations

import ssl

import pytest

from rag.certificates import read_certificates
from rag.endpoint.local import find_local_servers, usual_places
from tests.support.endpoint_papers import endpoint_model


def test_who_speaks_to_a_model_again_reads_no_certificates_again(endpoint, monkeypatch):
    read_certificates()
    monkeypatch.setattr(ssl, "create_default_context", lambda *_, **__: pytest.fail("read again"))
    endpoint.models = ["scripted-model"]
    model = endpoint_model(endpoint.url)
    assert model.models() == ["scripted-model"]
    assert model.find_window() is None
    assert find_local_servers(usual_places({"OLLAMA_HOST": "127.0.0.1:9"})[:1]) == ()


def test_connections_are_verified_by_them():
    assert read_certificates().verify_mode == ssl.CERT_REQUIRED
    assert read_certificates().check_hostname
    assert read_certificates() is read_certificates()
