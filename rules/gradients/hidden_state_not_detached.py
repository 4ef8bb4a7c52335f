"""TL408: recurrent state carried from batch to batch with its graph."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.finding import Finding, Fix, Related, Severity
from trainlint.program.query import Program
from trainlint.rule import Rule


class HiddenStateNotDetached(Rule):
    """Recurrent state is carried from one batch to the next with its graph.

    ## What it finds
    A variable that a loop takes out of a model and gives to the model again in the next iteration, with nothing that
    detaches it in between, where the same loop goes backward through that forward.

    ## Why it hurts
    The second backward runs into the graph of the first batch, which is freed: "Trying to backward through the graph a
    second time". With `retain_graph=True`, which makes the message go away, iteration *t* goes backward through all *t*
    batches so far: an epoch of 1,000 batches costs 500,500 backward passes of one batch instead of 1,000, memory grows
    with every batch, and weights that have been changed in place since make the old gradients wrong.

    ## What to do
    Detach at the border of each batch: `hidden = hidden.detach()`, or for an LSTM
    `hidden = tuple(h.detach() for h in hidden)`. Values go on, gradients stop: truncated backpropagation through time.

    ## When to ignore it
    When the loop is one sequence cut into pieces, a single backward follows it, and gradients shall go all the way.
    """

    code = "TL408"
    name = "hidden-state-not-detached"
    severity = Severity.ERROR
    since = "0.1"
    references = (
        "https://docs.pytorch.org/tutorials/beginner/nlp/sequence_models_tutorial.html",
        "Williams and Peng, An efficient gradient-based algorithm for on-line training of recurrent networks, 1990",
    )
    bad = """
import torch
rnn, head = torch.nn.GRU(4, 8), torch.nn.Linear(8, 2)
optimizer = torch.optim.SGD([*rnn.parameters(), *head.parameters()], lr=0.0)
hidden = torch.zeros(1, 8, 8)
for inputs, targets in [(torch.randn(5, 8, 4), torch.randn(5, 8, 2))] * 4:
    outputs, hidden = rnn(inputs, hidden)
    loss = torch.nn.functional.mse_loss(head(outputs), targets)
    optimizer.zero_grad()
    loss.backward(retain_graph=True)
"""
    good = """
import torch
rnn, head = torch.nn.GRU(4, 8), torch.nn.Linear(8, 2)
optimizer = torch.optim.SGD([*rnn.parameters(), *head.parameters()], lr=0.1)
hidden = torch.zeros(1, 8, 8)
for inputs, targets in [(torch.randn(5, 8, 4), torch.randn(5, 8, 2))] * 4:
    hidden = hidden.detach()
    outputs, hidden = rnn(inputs, hidden)
    loss = torch.nn.functional.mse_loss(head(outputs), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""

    def check_program(self, program: Program) -> Iterator[Finding]:
        for stream in program.streams():
            backward = stream.backward.called
            yield self.finding(
                stream.handed.place,
                f"`{stream.name}` takes the graph of each batch into the next, and `{backward.text}` goes through all",
                related=(
                    Related(stream.forward.operation.location, f"`{stream.name}` of the batch before goes in here"),
                    Related(backward.place, "this backward goes through every batch so far"),
                ),
                evidence={"state": stream.name, "retain_graph": stream.backward.asks_for(1, "retain_graph")},
                fix=Fix(f"detach `{stream.name}` before it goes into the next batch"),
            )
