"""What stays on disk: safe writes, the history of runs, run folders and settings. No torch, no Qt."""
