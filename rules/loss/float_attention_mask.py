"""TL713: an attention mask of zeros and ones that is added to the scores."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.finding import Finding, Fix, Related, Severity
from trainlint.program.query import Program
from trainlint.rule import Rule

# What each of these calls its masks, and where they stand among its arguments; -1: by name only.
_MASKS = {
    "torch.nn.functional.scaled_dot_product_attention": {"attn_mask": 3},
    "torch.nn.functional.multi_head_attention_forward": {"attn_mask": -1, "key_padding_mask": -1},
    "torch.nn.MultiheadAttention": {"attn_mask": 5, "key_padding_mask": 3},
    "torch.nn.TransformerEncoder": {"mask": 1, "src_key_padding_mask": 2},
    "torch.nn.TransformerEncoderLayer": {"src_mask": 1, "src_key_padding_mask": 2},
    "torch.nn.TransformerDecoder": {"tgt_mask": 2, "memory_mask": 3, "tgt_key_padding_mask": 4},
    "torch.nn.TransformerDecoderLayer": {"tgt_mask": 2, "memory_mask": 3, "tgt_key_padding_mask": 4},
    "torch.nn.Transformer": {"src_mask": 2, "tgt_mask": 3, "memory_mask": 4, "src_key_padding_mask": 5},
}


class FloatAttentionMask(Rule):
    """An attention mask of zeros and ones in floating point masks nothing.

    ## What it finds
    `scaled_dot_product_attention`, `MultiheadAttention` or a layer of `nn.Transformer` that is given a mask which is
    known to hold zeros and ones in floating point: `torch.tril(torch.ones(T, T))`, or a comparison made `float()`. Such
    a mask may be kept in a buffer or come from another file.

    ## Why it hurts
    A mask in floating point is added to the scores before the softmax. Adding 1 multiplies a weight by e = 2.72 and
    adding 0 leaves it: what should be hidden keeps more than a quarter of the weight of what should not. A language
    model with such a causal mask sees the next token; its training loss goes to almost nothing, and it cannot generate.

    ## What to do
    Make it boolean, and mind what true means: in `scaled_dot_product_attention` a true entry takes part, in
    `MultiheadAttention` and `nn.Transformer` it is left out. Or add `-inf`:
    `nn.Transformer.generate_square_subsequent_mask(T)`.

    ## When to ignore it
    When a bias of 0 and 1 on the scores is meant.
    """

    code = "TL713"
    name = "float-attention-mask"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html",
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html",
    )
    bad = """
import torch
q = k = v = torch.randn(2, 4, 5, 8)
mask = torch.tril(torch.ones(5, 5))
out = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
"""
    good = """
import torch
q = k = v = torch.randn(2, 4, 5, 8)
mask = torch.tril(torch.ones(5, 5, dtype=torch.bool))
out = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for name, masks in _MASKS.items():
            for call in program.applied(name):
                for argument, position in masks.items():
                    made = program.zeros_and_ones(call.arguments.get(position, argument))
                    if made is None:
                        continue
                    yield self.finding(
                        call.place,
                        f"`{call.text}` adds `{argument}` to the scores: of zeros and ones, it masks nothing",
                        related=(Related(made.place, "makes zeros and ones in floating point"),),
                        evidence={"argument": argument, "mask": call.written(position, argument)},
                        fix=Fix("make the mask boolean, or fill it with `-inf`"),
                    )
