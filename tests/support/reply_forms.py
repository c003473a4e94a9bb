"""The forms in which endpoints reply that are hardly ever meant to be, each as a play."""

from __future__ import annotations

import json

from tests.support.endpoint_papers import MODEL, REPLY, chunk_of, events

SECRET_THOUGHT = "Perhaps the otters lie about the moon"
STREAM, JSON = "text/event-stream", "application/json"


def streamed(*chunks, done=True):
    return lambda endpoint: endpoint.answer_raw(events(*chunks, done=done), content_type=STREAM)


def whole(**message):
    """A completion in one piece, as endpoints send it that do not stream."""
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
    body = {"id": "c", "object": "chat.completion", "created": 0, "model": MODEL}
    return lambda endpoint: endpoint.answer_raw(json.dumps({**body, "choices": [choice]}), JSON)


def delta(finish=None, **given):
    chunk = chunk_of("")
    chunk["choices"][0] |= {"delta": given, "finish_reason": finish}
    return chunk


def said(text):
    return lambda endpoint: endpoint.reply(text)


END = chunk_of("", "stop")

# What comes beside a thought is the answer, and nothing of the thought is.
THOUGHTFUL = {
    "a tag": said(f"<think>{SECRET_THOUGHT} [1].</think>{REPLY}"),
    "a tag in capitals with lines": said(f"<THINK>\n{SECRET_THOUGHT}\n</THINK>\n\n{REPLY}"),
    "a longer tag": said(f"<thinking>{SECRET_THOUGHT}</thinking>{REPLY}"),
    "brackets": said(f"[THINK]{SECRET_THOUGHT}[/THINK]{REPLY}"),
    "nested tags": said(f"<think>a <think>{SECRET_THOUGHT}</think> b [2]</think>{REPLY}"),
    "a closing tag alone": said(f"{SECRET_THOUGHT} [1].\n</think>\n{REPLY}"),
    "a thought behind": said(f"{REPLY} <think>{SECRET_THOUGHT} [1].</think>"),
    "a thought behind, left open": said(f"{REPLY} <think>{SECRET_THOUGHT} [1]."),
    "two thoughts": said(f"<think>hm</think>{REPLY}<think>{SECRET_THOUGHT}</think>"),
    "harmony": said(
        f"<|channel|>analysis<|message|>{SECRET_THOUGHT} [1].<|end|><|start|>assistant"
        f"<|channel|>final<|message|>{REPLY}<|return|>"
    ),
    "harmony without its signs": said(f"analysis{SECRET_THOUGHT}.assistantfinal{REPLY}"),
    "reasoning_content": streamed(delta(reasoning_content=SECRET_THOUGHT), chunk_of(REPLY), END),
    "reasoning": streamed(delta(reasoning=SECRET_THOUGHT), chunk_of(REPLY), END),
    "parts of content": streamed(
        delta(
            content=[{"type": "thinking", "thinking": [{"type": "text", "text": SECRET_THOUGHT}]}]
        ),
        delta(content=[{"type": "text", "text": REPLY}]),
        END,
    ),
    "in one piece": whole(content=REPLY, reasoning_content=SECRET_THOUGHT),
    "in one piece, a tag": whole(content=f"<think>{SECRET_THOUGHT}</think>{REPLY}"),
}

# Thoughts and no answer.
THOUGHTS_ALONE = {
    "a tag left open": said(f"<think>{SECRET_THOUGHT} [1]."),
    "nested tags left open": said(f"<think>a <think>b</think> {SECRET_THOUGHT} [1]."),
    "a closing tag cut off": said(f"<think>{SECRET_THOUGHT} [1].</thi"),
    "harmony cut off": said(f"<|channel|>analysis<|message|>{SECRET_THOUGHT} [1]."),
    "reasoning_content": streamed(delta(reasoning_content=SECRET_THOUGHT), chunk_of("", "length")),
    "in one piece": whole(content=None, reasoning_content=SECRET_THOUGHT),
}

# An answer all the same.
ODD = {
    "in one piece": whole(content=REPLY),
    "content in parts": streamed(delta(content=[{"type": "text", "text": REPLY}]), END),
    "usage as a text": streamed(chunk_of(REPLY) | {"usage": "many"}, END | {"usage": "7"}),
    "usage of wrong numbers": streamed(
        chunk_of(REPLY), END | {"usage": {"prompt_tokens": -1, "completion_tokens": 1.5}}
    ),
    "half a sign": streamed(chunk_of(f"{REPLY}\ud83d"), END),
    "a sign in two halves": streamed(chunk_of(f"{REPLY} \ud83e"), chunk_of("\uddab"), END),
    "a terminal's colours": streamed(chunk_of(f"\x1b[31m{REPLY}\x1b[0m"), END),
    "a finish that is a number": streamed(chunk_of(REPLY, 5)),
    "a tool beside the text": streamed(
        delta(tool_calls=[{"index": 0, "function": {"name": "f", "arguments": "{}"}}]),
        chunk_of(REPLY, "tool_calls"),
    ),
    "pings": streamed({"type": "ping"}, chunk_of(REPLY), {"type": "ping"}, END),
}

# No answer: one sentence, and the papers' own sentences.
USELESS = {
    "choices as a text": streamed({"choices": "x"}),
    "choices as a number": streamed({"choices": 5}),
    "a choice that is a text": streamed({"choices": ["x"]}),
    "a delta that is a list": streamed({"choices": [{"delta": []}]}),
    "content as a number": streamed(delta(content=5), END),
    "content as an object": streamed(delta(content={"text": "x"}), END),
    "content as a list of numbers": streamed(delta(content=[1, 2]), END),
    "content as a number in one piece": whole(content=5),
    "a refusal": streamed(delta(refusal="I cannot \x1b[1mhelp with that."), END),
    "a refusal in one piece": whole(content=None, refusal="No."),
    "a filter": streamed(chunk_of(REPLY), chunk_of("", "content_filter")),
    "a tool that was not offered": streamed(
        delta(tool_calls=[{"index": 0, "function": {"name": "f", "arguments": "{}"}}]),
        chunk_of("", "tool_calls"),
    ),
    "a page": lambda endpoint: endpoint.answer_raw("<!doctype html><h1>It works!</h1>"),
    "JSON without end": streamed("[" * 100_000),
    "bytes that are no text": lambda endpoint: endpoint.answer_raw(
        "data: \xff\xfe\n\n", content_type=STREAM
    ),
    "an error with a terminal's colours": lambda endpoint: endpoint.fail(
        400, body=json.dumps({"error": {"message": "bad \x1b[31mthing\ud800"}})
    ),
    "an error as a text": lambda endpoint: endpoint.fail(400, body='"no"'),
    "an error as a list": lambda endpoint: endpoint.fail(400, body='[{"detail": 5}]'),
    "an error whose message is a number": lambda endpoint: endpoint.fail(
        400, body='{"error": {"message": 5, "param": 7}}'
    ),
}
