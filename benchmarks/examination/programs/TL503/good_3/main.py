import torch
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.utils.data import DataLoader
from ocr import Lines, Crnn, collate
from stepping import Stepped, cycle

STEPS = 40_000
net = Crnn(height=32, symbols=96).cuda()
base = torch.optim.AdamW(net.parameters(), lr=1e-3)
opt = Stepped(base, OneCycleLR(base, max_lr=1e-3, total_steps=STEPS))
ctc = nn.CTCLoss(zero_infinity=True)
loader = DataLoader(Lines("iam"), batch_size=32, shuffle=True, collate_fn=collate, drop_last=True)
net.train()
for image, text, n_text in cycle(loader, STEPS):
    logp = net(image.cuda()).log_softmax(-1).transpose(0, 1)
    n_out = torch.full((len(image),), logp.size(0), dtype=torch.long)
    loss = ctc(logp, text.cuda(), n_out, n_text)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 5.0)
    opt.step()
torch.save(net.state_dict(), "crnn.pt")
