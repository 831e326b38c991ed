"""What makes a step cheaper and leaves what is learned as it is. Each file is one saving; `quicken` joins them."""

from __future__ import annotations

from workbench.engine.quick.learning import Learning, quicken

__all__ = ["Learning", "quicken"]
