import copy
import torch
from torch.utils.data import DataLoader
from handwriting import Strokes, StrokeRnn, collate
from hooks import ClipHook, EmaHook

net = StrokeRnn(hidden=400)
shadow = copy.deepcopy(net).eval().requires_grad_(False)
hooks = [EmaHook(shadow, 0.999), ClipHook(5.0)]
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
net.train()
for epoch in range(30):
    for strokes, mask in DataLoader(Strokes("iam"), batch_size=32, shuffle=True, collate_fn=collate):
        opt.zero_grad()
        loss = (net.nll(strokes) * mask).sum() / mask.sum()
        loss.backward()
        for hook in hooks:
            hook.before_step(net)
        opt.step()
        for hook in hooks:
            hook.after_step(net)
    torch.save(shadow.state_dict(), "strokes.pt")
