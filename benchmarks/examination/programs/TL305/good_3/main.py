import torch
from torch import nn
from torch.utils.data import DataLoader
from flows import CouplingFlow, HepEvents
from precision import forward_precision, training_step

flow = CouplingFlow(dim=21, layers=8).cuda()
opt = torch.optim.Adam(flow.parameters(), lr=5e-4)
loader = DataLoader(HepEvents("hepmass"), batch_size=1024, shuffle=True)
flow.train()
for epoch in range(50):
    total = 0.0
    for x in loader:
        with training_step(opt):
            with forward_precision():
                z, logdet = flow(x.cuda())
            loss = (0.5 * z.float().pow(2).sum(1) - logdet.float()).mean()
            loss.backward()
            nn.utils.clip_grad_norm_(flow.parameters(), 5.0)
        total += loss.item()
    print(epoch, total / len(loader))
