"""What numbers say: hints on curves, intervals of measures, what sets runs apart. Plain numbers, no torch, no Qt."""
