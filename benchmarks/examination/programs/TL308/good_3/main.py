import torch
from torch import nn
from solar import stations, windows
from registry import grad_scaler, Scaler

nets = {}
for station in stations():
    net = nn.GRU(4, 64, batch_first=True, proj_size=0).cuda()
    head = nn.Linear(64, 1).cuda()
    nets[station] = (net, head, torch.optim.Adam([*net.parameters(), *head.parameters()], lr=1e-3))

for epoch in range(20):
    for station, (net, head, opt) in nets.items():
        for past, future in windows(station, shuffle=True):
            scaler = Scaler(past.reshape(-1, 4))
            x = scaler.scale(past.reshape(-1, 4)).view(-1, 48, 4).cuda()
            y = torch.from_numpy(future).float().cuda()
            amp = grad_scaler()
            opt.zero_grad()
            with torch.autocast("cuda", dtype=torch.float16):
                loss = nn.functional.mse_loss(head(net(x)[0][:, -1]).squeeze(-1), y)
            amp.scale(loss).backward()
            amp.unscale_(opt)
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            amp.step(opt)
            amp.update()
