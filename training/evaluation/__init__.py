"""How good a model is: predictions, figures with intervals, comparisons, gates, reports."""
