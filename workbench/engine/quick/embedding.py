"""The table of words, reduced to the rows that the training rows can touch.

A vocabulary has 30,000 to 250,000 tokens, a data set some thousands of them. The rest gets no gradient, yet a dense
gradient is zeroed, measured and pulled through the optimizer for all of them at every step: most of its cost. Here only
the tokens that occur learn, exactly as they would have learned in the whole table; the others stay as they are (AdamW
would only have shrunk them by their weight decay).
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor, nn

SHARE = 0.6
"""Above this share of the vocabulary it is not worth the trouble."""


class SeenTokens:
    """Stands in for an input embedding's forward while it learns. `weight` [S, H] holds the rows of seen tokens."""

    def __init__(self, embedding: nn.Embedding, tokens: np.ndarray) -> None:
        import torch
        from torch import nn

        # Weak: the table holds on to this, and two that hold on to each other are never freed after a `gc.freeze`.
        self._held = weakref.ref(embedding)
        self._tokens = torch.from_numpy(tokens.astype(np.int64)).to(embedding.weight.device)
        self._places = torch.full((embedding.num_embeddings,), -1, device=embedding.weight.device)
        self._places[self._tokens] = torch.arange(len(tokens), device=embedding.weight.device)
        self.weight = nn.Parameter(embedding.weight.detach()[self._tokens].clone())
        embedding.weight.requires_grad_(False)
        embedding.forward = self  # type: ignore[method-assign, assignment]
        padding = embedding.padding_idx
        self._padding = None if padding is None or self._places[padding] < 0 else int(self._places[padding])

    @property
    def _embedding(self) -> nn.Embedding:
        embedding = self._held()
        assert embedding is not None
        return embedding

    def __call__(self, ids: Tensor) -> Tensor:
        from torch.nn.functional import embedding

        if not self._embedding.training:
            return self._from_table(ids)
        places = self._places[ids]
        found = embedding(places.clamp(min=0), self.weight, padding_idx=self._padding)
        strange = places < 0
        if not strange.any():
            return found
        # A token that a task makes up on the way is read, and does not learn.
        return found.where(~strange.unsqueeze(-1), self._from_table(ids).to(found.dtype))

    def _from_table(self, ids: Tensor) -> Tensor:
        from torch import nn

        return nn.Embedding.forward(self._embedding, ids)

    @property
    def table(self) -> Tensor:
        """The whole table, [V, H]."""
        return self._embedding.weight

    def settle(self) -> None:
        """Put what was learned into the whole table."""
        import torch

        with torch.no_grad():
            self._embedding.weight[self._tokens] = self.weight.to(self._embedding.weight.dtype)


def seen_tokens(net: nn.Module, ids: np.ndarray) -> SeenTokens | None:
    """The stand-in for `net`'s input embedding, or None where the whole table has to learn.

    `ids` are all token ids of the training rows.
    """
    from torch import nn

    finder = getattr(net, "get_input_embeddings", None)
    embedding = finder() if finder is not None else None
    if type(embedding) is not nn.Embedding or not embedding.weight.requires_grad:
        return None
    owners = [name for name, weight in net.named_parameters(remove_duplicate=False) if weight is embedding.weight]
    tokens = np.unique(ids)
    if len(owners) != 1 or embedding.max_norm is not None or len(tokens) > SHARE * embedding.num_embeddings:
        return None
    return SeenTokens(embedding, tokens)
