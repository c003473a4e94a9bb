"""The map of a library: the same for the same vectors, and neighbours stay neighbours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from rag.projection import lay_out, principal_components


def clusters(count, of, seed=0):
    """Unit vectors around `count` directions, `of` each, cluster by cluster."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(count, 32))
    rows = np.repeat(centres, of, axis=0) + random.normal(scale=0.3, size=(count * of, 32))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_the_same_vectors_get_the_same_places():
    vectors = clusters(4, 12)
    assert np.array_equal(lay_out(vectors), lay_out(vectors.copy()))


def test_papers_of_a_cluster_lie_nearer_to_each_other_than_to_any_other():
    points = lay_out(clusters(5, 20))
    label = np.repeat(np.arange(5), 20)
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (label[apart.argmin(axis=1)] == label).all()


def test_the_layout_keeps_more_neighbours_than_principal_components_do():
    vectors = clusters(30, 12, seed=3)

    def kept(points):
        def nearest(rows):
            apart = np.linalg.norm(rows[:, None] - rows[None], axis=2)
            np.fill_diagonal(apart, np.inf)
            return np.argsort(apart, axis=1)[:, :10]

        pairs = zip(nearest(vectors), nearest(points), strict=True)
        return np.mean([len(set(a) & set(b)) / 10 for a, b in pairs])

    assert kept(lay_out(vectors)) > 1.2 * kept(principal_components(vectors))


def test_the_sign_of_a_component_does_not_depend_on_the_order_of_the_papers():
    vectors = clusters(3, 10)
    order = np.random.default_rng(1).permutation(len(vectors))
    assert np.allclose(
        principal_components(vectors)[order], principal_components(vectors[order]), atol=1e-5
    )


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("of", [np.eye, np.ones])
def test_few_or_identical_papers_have_finite_places(count, of):
    vectors = np.eye(count, 8) if of is np.eye else np.ones((count, 8))
    points = lay_out(vectors.astype(np.float32))
    assert points.shape == (count, 2)
    assert np.isfinite(points).all()


def test_two_different_papers_lie_apart():
    one, other = lay_out(np.eye(2, 8, dtype=np.float32))
    assert np.linalg.norm(one - other) > 0.1


def test_copies_of_one_paper_among_others_do_no_harm():
    vectors = np.concatenate([clusters(2, 8), np.repeat(clusters(1, 1, seed=9), 20, axis=0)])
    assert np.isfinite(lay_out(vectors)).all()


def test_more_papers_than_are_compared_at_once_are_laid_out_like_fewer():
    vectors = clusters(3, 700, seed=5)
    points = lay_out(vectors)
    centres = points.reshape(3, 700, 2).mean(axis=1)
    nearest = np.linalg.norm(points[:, None] - centres[None], axis=2).argmin(axis=1)
    assert (nearest == np.repeat(np.arange(3), 700)).mean() > 0.99


@given(st.integers(0, 24), st.integers(1, 6), st.integers(0, 1000))
@examples(max_examples=25, deadline=None)
def test_any_vectors_get_finite_places(count, dimension, seed):
    vectors = np.random.default_rng(seed).normal(size=(count, dimension)).round(1)
    points = lay_out(vectors)
    assert points.shape == (count, 2)
    assert np.isfinite(points).all()
