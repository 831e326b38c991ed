"""Torch lives here. The loop is handed a task and never imports one.

Modules that only declare (optimizers, schedules, losses, task) import without torch, so that the window can show every
knob in its first second; what computes imports torch where it is used.
"""
