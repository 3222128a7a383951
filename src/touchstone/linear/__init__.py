"""Linear classifiers on features: folds, rotation, softmax regression. Shared by ranking, references and curves."""
