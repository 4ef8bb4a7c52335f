import torch
from torch import nn
from torch.utils.data import DataLoader
from qm9 import Molecules, collate
from mpnn import MPNN
from scaling import Stepper

mpnn = MPNN(hidden=128, rounds=4).cuda()
stepper = Stepper(torch.optim.Adam(mpnn.parameters(), lr=5e-4))
loader = DataLoader(Molecules("qm9", "train"), batch_size=128, shuffle=True, collate_fn=collate)
mpnn.train()
for epoch in range(200):
    for graph, gap in loader:
        with stepper as s:
            with torch.autocast("cuda", dtype=torch.float16):
                loss = nn.functional.l1_loss(mpnn(graph.to("cuda")).flatten(), gap.cuda())
            s.backward(loss)
    print(epoch, loss.item())
