import numpy as np

from touchstone.candidates import majority


def test_guesses_the_most_frequent_class_with_its_share() -> None:
    fitted = majority.fit(np.array([2, 2, 2, 0]), 4)
    p = fitted.predict(3)
    assert p.shape == (3, 4) and p.dtype == np.float32
    assert (p.argmax(1) == 2).all() and p[0].tolist() == [0.25, 0.0, 0.75, 0.0]
