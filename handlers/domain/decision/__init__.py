"""From a prediction to an outcome: the confidence policy, without input or output."""
