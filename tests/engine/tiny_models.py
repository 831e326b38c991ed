"""Tiny real models with random weights, made on the spot, and ways to damage them."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.core.plan import ModelSpec
from workbench.engine.scratch import build_scratch

TEXTS = [
    "The parcel came late and broken.",
    "Great service, thank you!",
    "今天天气很好，我们去公园。",
    "包裹坏了，我要退款。",
]
SHAPE = {"layers": 2, "hidden_size": 32, "heads": 2, "vocabulary": 300}


def write_tiny_bert(folder: Path, auto_class: str = "AutoModelForSequenceClassification", labels: int = 2) -> Path:
    """A BERT of about 60,000 weights in Hugging Face format."""
    spec = ModelSpec(source="scratch", options=dict(SHAPE))
    built = build_scratch(spec, TEXTS * 5, auto_class, max_length=32, config_changes={"num_labels": labels}, seed=3)
    built.net.save_pretrained(folder)
    built.tokenizer.save_pretrained(folder)
    return folder


def edit_json(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def edit_weights(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def safetensors_bytes(header: Any, data: bytes = b"", length: int | None = None) -> bytes:
    """A safetensors file with any header (JSON value or raw bytes) and any claimed length of it."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw) if length is None else length) + raw + data


def tensor(shape: list[int], begin: int, end: int, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}
