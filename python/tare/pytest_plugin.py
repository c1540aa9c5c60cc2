"""The fixture `tare`: def test_branch(tare): tare.assert_not_worse(a, b, margin=0.05)"""
import pytest

import tare as _tare


@pytest.fixture
def tare():
    return _tare
