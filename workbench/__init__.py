"""Model Workbench: build a first large model by clicking."""

__version__ = "0.1.0"
