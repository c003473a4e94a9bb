"""A small library of invented papers with questions on it, for the tests of the evaluation."""

from __future__ import annotations

from eval.data.dataset import Sample
from rag.types import Paper

PAPERS = (
    Paper(
        "tea",
        "Robots That Pour Tea",
        "A robot arm learns to pour tea from three hundred demonstrations. It spills 4 % of the "
        "cups. Cups of glass are harder than cups of clay, since the camera hardly sees them.",
    ),
    Paper(
        "moss",
        "Counting Moss From the Air",
        "Drones photograph bogs and a classifier counts cushions of moss. Twelve bogs were flown "
        "over in two summers. The count agrees with that of botanists to 7 %.",
    ),
    Paper(
        "bells",
        "Tuning Church Bells by Vibration",
        "The partial tones of a bell are predicted from its profile. Forty bells of bronze were "
        "measured. The minor third is predicted within two cents.",
    ),
    Paper(
        "bread",
        "When Does Sourdough Rise?",
        "Yeast and bacteria in sourdough are modelled by four equations. Warm dough rises in five "
        "hours, cold dough overnight. Salt slows both down.",
    ),
)


def ask(sample_id, question, papers, *, facts=(), **more):
    return Sample.model_validate(
        {"id": sample_id, "type": "single", "question": question, "papers": papers}
        | {"must_mention": list(facts), "answer": "; ".join(facts)}
        | more
    )


SAMPLES = (
    ask(
        "pour",
        "How often does the robot arm spill tea?",
        ["Robots That Pour Tea"],
        facts=["4 %|4%"],
    ),
    ask("bogs", "How many bogs did the drones fly over?", ["moss"], facts=["twelve|12"]),
    ask("thirds", "how well is the minor third of bells predicted", ["bells"], facts=["two cents"]),
    ask("whales", "What do whales sing about?", [], type="unanswerable", kind="off_topic"),
    Sample.model_validate(
        {
            "id": "dough",
            "type": "conversation",
            "turns": [
                {
                    "question": "What makes sourdough rise?",
                    "papers": ["When Does Sourdough Rise?"],
                    "must_mention": ["yeast", "bacteria"],
                },
                {
                    "question": "and what slows it down?",
                    "papers": ["When Does Sourdough Rise?"],
                    "must_mention": ["salt"],
                },
            ],
        }
    ),
)
